// The sender of webhooks, as cheap as can be: bodies made beforehand, raw HTTP/1.1 over kept connections, one body at a time on each.
import { connect as connectTcp, type Socket } from 'node:net'
import { within } from '../../services/platform/lifecycle.ts'
import { encodeBody } from '../../services/sandbox/simulate/body.ts'
import { eventPool, nowUs, ownDigits, percentile, placesOf, writeOwnDigits } from './events.ts'

export type LoadOptions = {
  /** Of the ingest on this machine. */
  port: number
  /** The whole Authorization value. */
  token: string
  /** Events to post; whole bodies, so up to `perBody` - 1 more. */
  events: number
  perBody: number
  /** Bodies under way at once, at most. */
  connections: number
  /** Events a second, posted when they are due whatever the answers do; as fast as they are taken when left out. */
  rate?: number
  limitMs: number
}

export type LoadResult = {
  accepted: number
  /** Bodies not answered with 200, and the last answer of them. They are not posted again. */
  refused: number
  problem: string
  /** From the first body's post to the last answer, nowUs(). */
  fromUs: number
  toUs: number
  /** Of a request, milliseconds; with a rate from when it was due. */
  p50Ms: number
  p99Ms: number
  maxMs: number
}

/** A request ready to be written; `places` holds where the ids of each of its events stand. */
type Prepared = { bytes: Buffer; places: number[][] }
/** Its own bodies in turn: one is written again only after its answer. */
type Connection = { socket: Socket | undefined; bodies: Prepared[]; turn: number; dueUs: number; text: string }
type Answer = { status: number; body: string; closes: boolean }

/** Posts everything; every event has a log_id that no other has, with the time of its post in it. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const { port, events, perBody, connections, rate, limitMs } = options
  const bodies = Math.ceil(events / perBody)
  const prepared = prepare(options)
  const answersMs: number[] = []
  const result = { accepted: 0, refused: 0, problem: '' }
  const done = Promise.withResolvers<void>()
  const idle: Connection[] = []
  /** When the bodies that wait for a free connection were due. */
  const late: number[] = []
  let begun = 0
  let posted = 0

  function post(connection: Connection, dueUs: number): void {
    const { bytes, places } = connection.bodies[connection.turn++ % connection.bodies.length]
    for (const event of places) {
      const digits = ownDigits(posted++, dueUs)
      for (const place of event) writeOwnDigits(bytes, place, digits)
    }
    connection.dueUs = dueUs
    connection.socket?.write(bytes)
  }

  function free(connection: Connection): void {
    const due = late.shift()
    if (due !== undefined) post(connection, due)
    else if (rate === undefined && begun < bodies) {
      begun++
      post(connection, nowUs())
    } else idle.push(connection)
  }

  function answered(connection: Connection, { status, body, closes }: Answer): void {
    answersMs.push((nowUs() - connection.dueUs) / 1_000)
    if (status === 200) result.accepted += Number(/"accepted":(\d+)/.exec(body)?.[1] ?? 0)
    else {
      result.refused++
      result.problem = `${status} ${body.slice(0, 200)}`
    }
    if (answersMs.length === bodies) return done.resolve()
    if (!closes) return free(connection)
    connection.socket?.destroy()
    void open(connection).then(() => free(connection), done.reject)
  }

  async function open(connection: Connection): Promise<void> {
    const socket = await dial(port)
    const broke = (why: string) => {
      if (connection.socket === socket && !socket.destroyed) done.reject(new Error(`the ingest closed a connection (${why})`))
    }
    socket.on('data', (chunk) => {
      const answer = take(connection, chunk)
      if (answer) answered(connection, answer)
    })
    socket.on('error', (error) => broke(error.message))
    socket.on('end', () => broke('at its end'))
    connection.socket = socket
  }

  const all = Array.from({ length: connections }, (_, i): Connection => {
    const own = prepared.filter((_, index) => index % connections === i)
    return { socket: undefined, bodies: own, turn: 0, dueUs: 0, text: '' }
  })
  await Promise.all(all.map(open))
  const fromUs = nowUs()
  all.forEach(free)
  const timer = rate === undefined ? undefined : setInterval(() => postDue(rate), 1)
  function postDue(rate: number): void {
    const now = nowUs()
    for (; begun < bodies && fromUs + (begun * perBody * 1e6) / rate <= now; begun++) {
      const connection = idle.pop()
      if (connection) post(connection, now)
      else late.push(now)
    }
  }
  try {
    await within(done.promise, limitMs, `posting ${events} events`)
  } finally {
    clearInterval(timer)
    for (const { socket } of all) socket?.destroy()
  }
  const toUs = nowUs()
  answersMs.sort((a, b) => a - b)
  return {
    ...result,
    fromUs,
    toUs,
    p50Ms: percentile(answersMs, 0.5),
    p99Ms: percentile(answersMs, 0.99),
    maxMs: answersMs[answersMs.length - 1],
  }
}

/** All events of the pool once, as requests; two a connection at least. */
function prepare({ port, token, perBody, connections }: LoadOptions): Prepared[] {
  const pool = eventPool()
  const count = Math.max(Math.floor(pool.length / perBody), connections * 2)
  return Array.from({ length: count }, (_, i) => {
    const events = Array.from({ length: perBody }, (_, j) => pool[(i * perBody + j) % pool.length])
    const body = encodeBody(events, 'JSONLINES')
    const head = `POST /logs HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: ${token}\r\ncontent-type: application/json\r\n`
    const bytes = Buffer.concat([Buffer.from(`${head}content-length: ${body.length}\r\n\r\n`), body])
    return { bytes, places: events.map(({ log_id }) => placesOf(bytes, log_id)) }
  })
}

function dial(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ port, host: '127.0.0.1', noDelay: true })
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** The answer, when it is complete: it is small and mostly one chunk, and there is one at a time. */
function take(connection: Connection, chunk: Buffer): Answer | undefined {
  connection.text += chunk.toString('latin1')
  const { text } = connection
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return undefined
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0)
  if (text.length < head + 4 + length) return undefined
  connection.text = ''
  return { status: Number(text.slice(9, 12)), body: text.slice(head + 4), closes: /\r\nconnection: *close/i.test(text) }
}
