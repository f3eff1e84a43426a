// 10,000 bodies as chance makes them: whole, broken at any place, cut, nested, compressed, with marks. Whatever came, each byte of an
// event or a part is found again in the topic or in the dead letters, and with INGEST_REDACT no hidden value is anywhere.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { createRedactor, parseRedaction, redactBytes } from '../../services/events/redact.ts'
import { partsOf, type Split, split } from '../../services/events/split.ts'
import { letterRecords } from '../../services/ingest/letters.ts'
import { type Store, storeEvents } from '../../services/ingest/store.ts'
import type { OutRecord } from '../../services/topics/produce.ts'
import { followTopics, ingestEnv, openIngest, send, type Stored, TOKEN } from '../support/ingest.ts'
import { newPrefix } from '../support/kafka.ts'
import { type SeededRandom, seededRandom } from '../support/random.ts'

const SEED = 20261128
const PURE = 9_000
const REAL = 1_000
const MARKER = 'hidden-value'
const RULES = 'user_name:mask,ip:hash,details.emails:drop,details.request.auth:mask,list.secret:mask'
const KEY = 'a key of the tests'

/** A body, and whether its bytes are those of whole events up to where it ends: then no marker may be seen anywhere. */
type Made = { body: Buffer; pristine: boolean }

let made = 0
function anEvent(random: SeededRandom): string {
  const secret = () => `"${MARKER}-${++made}"`
  const noise = () =>
    random.pick(['null', '0', '-1.5e3', '"é\\"\\\\"', '"]},{"', '[]', '{}', '[[[{"a":[1]}]]]', '"\\u0000"', '"logs"'])
  const value = () => random.pick([secret, noise, () => `[${secret()},${noise()}]`, () => `{"deep":${secret()}}`])()
  const members = [
    `"user_name":${value()}`,
    `"\\u0069p":${value()}`,
    `"details":{"emails":${value()},"request":{"auth":${value()},"n":${noise()}}}`,
    `"list":[{"secret":${value()}},${noise()},{"secret":${value()},"n":1}]`,
    `"type":"${random.pick(['s', 'f', 'é'])}"`,
    `"n":${noise()}`,
  ].filter(() => random.chance(0.7))
  const data = `{${members.join(random.pick([',', ' ,\t']))}}`
  const id = `"900${++made}"`
  const start = [
    random.chance(0.9) ? `"log_id":${random.pick([id, id, id, '7', '""'])}` : '"x":1',
    random.chance(0.95) ? `"data":${random.chance(0.95) ? data : secret()}` : `"date":${secret()}`,
  ]
  const wrapper = [
    ...start,
    // With neither of the two names it would be an envelope.
    ...(random.chance(0.1) && /"(log_id|data)":/.test(`${start}`) ? [`"logs":[${noise()},{"log_id":${id},"data":${data}}]`] : []),
    ...(random.chance(0.1) ? [`"note":${secret()}`, `"data":${data}`] : []),
  ]
  return `{${(random.chance(0.3) ? wrapper.toReversed() : wrapper).join(',')}}`
}

function aBody(random: SeededRandom): Made {
  const events = Array.from({ length: random.below(5) }, () => (random.chance(0.1) ? `"${MARKER}-${++made}"` : anEvent(random)))
  const space = () => random.pick(['', '', '', ' ', '\n', '\r\n\t'])
  const array = `[${space()}${events.join(`${space()},${space()}`)}${space()}]`
  const text = random.pick([array, array, `{${space()}"logs"${space()}:${array}}`, events.join('\n'), events.join('\r\n\n')])
  const whole = Buffer.from(random.pick(['', '', '', '\ufeff', ' \ufeff\ufeff\n']) + space() + text + space())
  const at = random.below(whole.length + 1)
  const byte = () => Buffer.from([random.below(256)])
  if (random.chance(0.4)) return { body: whole, pristine: true }
  if (random.chance(0.5)) return { body: whole.subarray(0, at), pristine: true }
  const rest = whole.subarray(random.pick([at, at + 1, at + 1 + random.below(20)]))
  return { body: Buffer.concat([whole.subarray(0, at), ...(random.chance(0.7) ? [byte()] : []), rest]), pristine: false }
}

/** A store that keeps what it is given. */
function memory(rules = ''): Store & { records: OutRecord[]; letters: OutRecord[] } {
  const parsed = parseRedaction(rules, KEY)
  if ('problem' in parsed) throw new Error(parsed.problem)
  const redactor = createRedactor(parsed.value, KEY)
  const records: OutRecord[] = []
  const letters: OutRecord[] = []
  return {
    records,
    letters,
    store: async (given) => {
      records.push(...given)
      return []
    },
    quarantine: async (aside) => void letters.push(...letterRecords(aside, new Date(0))),
    redact: rules === '' ? undefined : (value) => redactBytes(value, redactor),
    maxEventBytes: 1_000,
    counted: { received: () => {}, quarantined: () => {} },
  }
}

/** Bytes of the body in no event and no part; fails where two overlap. */
function leftOut(body: Buffer, { events, unusable }: Split): string {
  const slices = [...events.map(({ source, start, end }) => source.subarray(start, end)), ...unusable.map(({ bytes }) => bytes)]
  const places = slices
    .map((slice) => ({ from: slice.byteOffset - body.byteOffset, to: slice.byteOffset - body.byteOffset + slice.length }))
    .toSorted((a, b) => a.from - b.from)
  let left = ''
  let at = 0
  for (const { from, to } of places) {
    expect(from).toBeGreaterThanOrEqual(at)
    left += body.toString('utf8', at, from)
    at = to
  }
  return left + body.toString('utf8', at)
}

/** What a rule should have hidden and did not, in bytes that are JSON. */
function seenAt(data: unknown, path: readonly string[]): boolean {
  if (Array.isArray(data)) return data.some((element) => seenAt(element, path))
  if (path.length === 0) return JSON.stringify(data)?.includes(MARKER) ?? false
  return typeof data === 'object' && data !== null && seenAt((data as Record<string, unknown>)[path[0]] ?? null, path.slice(1))
}
const PATHS = RULES.split(',').map((rule) => rule.split(':')[0].split('.'))

/** Fails where a record or letter shows what is to be hidden. */
function expectHidden(bytes: Buffer, pristine: boolean): void {
  const text = bytes.toString('latin1')
  if (!text.includes(MARKER)) return
  expect(pristine, text).toBe(false)
  // A name that was broken leads to no rule any more: what is left must be JSON, and hide what its names say.
  const read = JSON.parse(bytes.toString()) as { data?: unknown }
  for (const path of PATHS) expect(seenAt(read, path) || seenAt(read.data ?? null, path), text).toBe(false)
}

describe('by themselves', () => {
  test(`${PURE} bodies - every byte is in one event or part, and every one of these is stored or put aside`, async () => {
    const random = seededRandom(SEED)
    const counts = { events: 0, unusable: 0, broken: 0 }
    for (let i = 0; i < PURE; i++) {
      const { body } = aBody(random)
      const found = split(body)
      expect(leftOut(body, found)).toMatch(/^[\s[\]{},:"logs\ufeff]*$/)
      const store = memory()
      for (const slice of partsOf(body).slices(2, 500)) await storeEvents(slice, { source: 'webhook' }, store)
      const fits = found.events.filter(({ value }) => value.length <= 1_000)
      expect(store.records.map(({ key, value }) => `${key} ${value}`)).toEqual(fits.map(({ id, value }) => `${id} ${value}`))
      expect(store.letters.length).toBe(found.unusable.length + found.events.length - fits.length)
      for (const { bytes } of found.unusable) expect(store.letters.some(({ value }) => value?.equals(bytes))).toBe(true)
      // Nothing was whole: then all of it is one part, and nothing vanished.
      if (
        /\S/.test(body.toString().replaceAll('\ufeff', '')) &&
        !/^[\s\ufeff]*(\[\s*\]|\{\s*"logs"\s*:\s*\[\s*\]\s*\})\s*$/.test(body.toString())
      )
        expect(found.events.length + found.unusable.length).toBeGreaterThan(0)
      counts.events += found.events.length
      counts.unusable += found.unusable.length
      if (found.unusable.some(({ reason }) => reason === 'not_json')) counts.broken++
    }
    expect(Math.min(counts.events, counts.unusable, counts.broken)).toBeGreaterThan(2_000)
  }, 60_000)

  test(`${PURE} bodies with INGEST_REDACT - show nothing that is to be hidden`, async () => {
    const random = seededRandom(SEED + 1)
    let redacted = 0
    for (let i = 0; i < PURE; i++) {
      const { body, pristine } = aBody(random)
      const store = memory(RULES)
      for (const slice of partsOf(body).slices(2, 500)) await storeEvents(slice, { source: 'webhook' }, store)
      for (const { value, headers } of [...store.records, ...store.letters]) {
        expectHidden(value as Buffer, pristine)
        expect((headers as Buffer).includes(MARKER)).toBe(false)
        if (value?.includes('***')) redacted++
      }
    }
    expect(redacted).toBeGreaterThan(2_000)
  }, 60_000)
})

describe('through Kafka', () => {
  const brokers = inject('brokers')
  const closers: (() => Promise<unknown>)[] = []
  afterAll(async () => {
    for (const close of closers.toReversed()) await close()
  })

  async function open(settings: Record<string, string>) {
    const env = { ...ingestEnv(brokers, newPrefix()), MAX_EVENT_BYTES: '1000', ...settings }
    const ingest = await openIngest(env)
    closers.push(ingest.close)
    const topics = await followTopics(brokers, env.TOPIC_PREFIX)
    closers.push(topics.close)
    return { origin: ingest.origin, topics }
  }

  const ENCODINGS: [string, (body: Buffer) => Buffer][] = [
    ['identity', (body) => body],
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', (body) => brotliCompressSync(body)],
  ]

  /** Sends bodies side by side; each must be answered 200 for all that is in it. */
  async function sendAll(origin: string, bodies: readonly Made[], random: SeededRandom): Promise<void> {
    const waiting = bodies.map(({ body }) => ({ body, encoding: random.pick(ENCODINGS) }))
    const lane = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const [encoding, encode] = next.encoding
        const headers = { authorization: TOKEN, 'content-encoding': encoding }
        const { status, text } = await send(origin, { body: encode(next.body), headers })
        const { events, unusable } = split(next.body)
        const { accepted, quarantined } = JSON.parse(text) as { accepted: number; quarantined: number }
        expect([status, accepted + quarantined]).toEqual([200, events.length + unusable.length])
      }
    }
    await Promise.all(Array.from({ length: 16 }, lane))
  }
  const bodiesOf = (random: SeededRandom) => Array.from({ length: REAL / 2 }, () => aBody(random))

  test(`${REAL / 2} bodies - are found again, byte for byte`, async () => {
    const random = seededRandom(SEED + 2)
    const { origin, topics } = await open({})
    const bodies = bodiesOf(random)
    await sendAll(origin, bodies, random)
    const { events, letters } = await topics.news()
    const found = bodies.map(({ body }) => split(body))
    const isLarge = ({ value }: { value: Buffer }) => value.length > 1_000
    const expected = found.flatMap((one) =>
      one.events.filter((event) => !isLarge(event)).map(({ id, value }) => `${id} ${value}`),
    )
    expect(events.map(({ key, value }) => `${key} ${value}`).toSorted()).toEqual(expected.toSorted())
    const parts = found.flatMap((one) => [
      ...one.unusable.map(({ bytes }) => bytes.toString('latin1')),
      ...one.events.filter(isLarge).map(({ source, start, end }) => source.toString('latin1', start, end)),
    ])
    expect(letters.map(({ value }) => value.toString('latin1')).toSorted()).toEqual(parts.toSorted())
  }, 60_000)

  test(`${REAL / 2} bodies with INGEST_REDACT - show nothing that is to be hidden`, async () => {
    const random = seededRandom(SEED + 3)
    const { origin, topics } = await open({ INGEST_REDACT: RULES, REDACT_KEY: KEY })
    const bodies = bodiesOf(random).filter(({ pristine }) => pristine)
    await sendAll(origin, bodies, random)
    const { events, letters } = await topics.news()
    expect(Math.min(events.length, letters.length)).toBeGreaterThan(100)
    const all = [...events, ...letters].map(
      ({ key, value, headers }: Stored) => `${key} ${value.toString()} ${JSON.stringify(headers)}`,
    )
    expect(all.filter((text) => text.includes(MARKER))).toEqual([])
  }, 60_000)
})
