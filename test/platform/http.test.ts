// The HTTP side of every service, over real sockets.
import { Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createApp, healthRoutes, type Listening, listen } from '../../services/platform/http.ts'
import { sleep, within } from '../../services/platform/lifecycle.ts'
import { createMetrics } from '../../services/platform/metrics.ts'
import { makeCertificates } from '../../services/sandbox/certificate.ts'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
})

async function serve(app = createApp(), options: Partial<Parameters<typeof listen>[1]> = {}): Promise<Listening> {
  const listening = await listen(app, { port: 0, host: '127.0.0.1', drainMs: 200, ...options })
  opened.push(() => within(listening.close(), 2_000, 'closing the server'))
  return listening
}

/** How many milliseconds closing takes; fails where it takes more than two seconds. */
async function closingTime(listening: Listening): Promise<number> {
  const before = performance.now()
  await within(listening.close(), 2_000, 'closing the server')
  return performance.now() - before
}

/** A TCP connection that sends `text` and then nothing; answers once the server has it. */
async function silentConnection(listening: Listening, text: string): Promise<void> {
  const accepted = new Promise((resolve) => listening.server.once('connection', resolve))
  const socket = connect(listening.port, '127.0.0.1', () => socket.write(text))
  socket.on('error', () => {})
  opened.push(() => socket.destroy())
  await within(accepted, 2_000, 'connecting')
}

describe('healthRoutes', () => {
  let live: string | undefined
  let ready: string | undefined
  async function origin() {
    live = ready = undefined
    const app = createApp()
    healthRoutes(app, { live: () => live, ready: () => ready }, createMetrics('ingest', '1.2.3'))
    return (await serve(app)).origin
  }

  test.each(['/livez', '/readyz'])('%s - is 200 while nothing is wrong', async (path) => {
    const response = await fetch((await origin()) + path)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ok' })
  })

  test('/readyz - is 503 with what is wrong, and /livez stays 200', async () => {
    const at = await origin()
    ready = 'Kafka does not answer'
    const response = await fetch(`${at}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({ status: 'unavailable', problem: 'Kafka does not answer' })
    expect((await fetch(`${at}/livez`)).status).toBe(200)
  })

  test('/livez - is 503 with what is wrong', async () => {
    const at = await origin()
    live = 'the poll stands still'
    expect((await fetch(`${at}/livez`)).status).toBe(503)
  })

  test('/metrics - is text for Prometheus with the service and its version', async () => {
    const response = await fetch(`${await origin()}/metrics`)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=/)
    expect(await response.text()).toContain('auth0_logs_build_info{service="ingest",version="1.2.3"} 1')
  })

  const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
  test.each([
    [
      'what Prometheus 2 sends',
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      OPENMETRICS,
    ],
    [
      'what Prometheus 3 sends',
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1',
      OPENMETRICS,
    ],
    ['OpenMetrics alone', 'application/openmetrics-text', OPENMETRICS],
    ['OpenMetrics as the second choice', 'text/plain, application/openmetrics-text;q=0.5', 'text/plain'],
    ['OpenMetrics refused', 'application/openmetrics-text;q=0, */*', 'text/plain'],
    ['anything', '*/*', 'text/plain'],
    ['something else', 'application/json', 'text/plain'],
  ])('/metrics - in the format that a scrape asks for: %s', async (_, accept, type) => {
    const response = await fetch(`${await origin()}/metrics`, { headers: { accept } })
    expect(response.headers.get('content-type')).toContain(type)
    const text = await response.text()
    expect(text.endsWith('\n# EOF\n')).toBe(type === OPENMETRICS)
  })

  test('/metrics - one format does not change the other: counters keep their names, and OpenMetrics names the family without _total', async () => {
    const at = await origin()
    const open = async () => await (await fetch(`${at}/metrics`, { headers: { accept: 'application/openmetrics-text' } })).text()
    const plain = async () => await (await fetch(`${at}/metrics`)).text()
    const both = await Promise.all([open(), plain(), open(), plain()])
    for (const text of [both[1], both[3], await plain()]) {
      expect(text).toContain('# TYPE process_cpu_seconds_total counter')
      expect(text).toMatch(/^process_cpu_seconds_total \d/m)
    }
    for (const text of [both[0], both[2], await open()]) {
      expect(text).toContain('# TYPE process_cpu_seconds counter')
      expect(text).toMatch(/^process_cpu_seconds_total \d/m)
    }
  })

  test('/metrics - ready is what /readyz answers', async () => {
    const at = await origin()
    const text = async () => await (await fetch(`${at}/metrics`)).text()
    expect(await text()).toContain('auth0_logs_ready{service="ingest"} 1')
    ready = 'Kafka does not answer'
    expect(await text()).toContain('auth0_logs_ready{service="ingest"} 0')
  })

  test('answers - do not name the server software', async () => {
    expect((await fetch(`${await origin()}/livez`)).headers.has('x-powered-by')).toBe(false)
  })
})

describe('listen', () => {
  test('port 0 - takes a free one and tells which', async () => {
    const listening = await serve()
    expect(listening.port).toBeGreaterThan(0)
    expect(listening.origin).toBe(`http://127.0.0.1:${listening.port}`)
    expect((await fetch(listening.origin)).status).toBe(404)
  })

  test('port that is taken - is said with its number and what to do', async () => {
    const { port } = await serve()
    await expect(listen(createApp(), { port, host: '127.0.0.1' })).rejects.toThrow(
      `port ${port} is taken by another process: free it or choose another`,
    )
  })

  test('address that is not ours - is said with the port and the reason', async () => {
    await expect(listen(createApp(), { port: 0, host: '192.0.2.1' })).rejects.toThrow(/^port 0 cannot be used \(.*EADDRNOTAVAIL/)
  })

  test('certificate and key - serve https', async () => {
    const { ca, tls } = certificate()
    const listening = await serve(
      createApp().get('/', (_, response) => void response.send('hello')),
      { tls },
    )
    expect(listening.origin).toBe(`https://127.0.0.1:${listening.port}`)
    const body = await new Promise<string>((resolve, reject) => {
      httpsRequest(listening.origin, { ca, agent: false, timeout: 2_000 }, (response) => {
        let text = ''
        response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text))
      })
        .on('error', reject)
        .end()
    })
    expect(body).toBe('hello')
    await expect(fetch(listening.origin), 'a client that does not know the certificate').rejects.toThrow()
  })
})

describe('close', () => {
  test('request that never ends - is cut at the limit', async () => {
    const reached = Promise.withResolvers<void>()
    const app = createApp().get('/', () => reached.resolve())
    const listening = await serve(app)
    const outcome = fetch(listening.origin).catch((error: Error) => error)
    await within(reached.promise, 2_000, 'the request')
    const took = await closingTime(listening)
    expect(took).toBeGreaterThan(190)
    expect(took).toBeLessThan(1_000)
    expect(await outcome).toBeInstanceOf(Error)
  })

  test('request that ends in time - gets its answer, and closing waits no longer', async () => {
    const reached = Promise.withResolvers<void>()
    const app = createApp().get('/', async (_, response) => {
      reached.resolve()
      await sleep(50)
      response.send('done')
    })
    const listening = await serve(app, { drainMs: 1_500 })
    const agent = new Agent({ keepAlive: true })
    opened.push(() => agent.destroy())
    const status = new Promise((resolve, reject) => {
      httpRequest(listening.origin, { agent }, (response) => response.resume().on('end', () => resolve(response.statusCode)))
        .on('error', reject)
        .end()
    })
    await within(reached.promise, 2_000, 'the request')
    expect(await closingTime(listening)).toBeLessThan(1_000)
    expect(await status).toBe(200)
  })

  test('idle kept connection - holds nothing up', async () => {
    const listening = await serve(createApp(), { drainMs: 1_500 })
    await (await fetch(listening.origin)).text()
    expect(await closingTime(listening)).toBeLessThan(1_000)
  })

  test.each([
    ['sent nothing', '', false],
    ['stopped within the headers', 'POST /logs HTTP/1.1\r\nHost: x\r\n', false],
    ['stopped within the body', 'POST /logs HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{', false],
    ['never began its TLS handshake', '', true],
  ])('connection that %s - is cut at the limit', async (_, text, tls) => {
    const listening = await serve(createApp(), tls ? { tls: certificate().tls } : {})
    await silentConnection(listening, text)
    expect(await closingTime(listening)).toBeLessThan(1_000)
  })

  test('port - is free afterwards, and closing again is no error', async () => {
    const listening = await serve()
    await listening.close()
    await listening.close()
    await expect(fetch(listening.origin)).rejects.toThrow()
    await serve(createApp(), { port: listening.port })
  })
})

/** A certificate for 127.0.0.1, made here: a key in the repository would be one that someone trusts one day. */
function certificate(): { ca: string; tls: { cert: Buffer; key: Buffer } } {
  const { ca, cert, key } = makeCertificates(Date.now())
  return { ca, tls: { cert: Buffer.from(cert), key: Buffer.from(key) } }
}
