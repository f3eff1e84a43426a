// From a webhook body to the topics: what is an event is there byte for byte, what is none is in the dead letters, whatever came.
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { version } from '../../services/platform/version.ts'
import { withAdmin } from '../../services/topics/client.ts'
import { topicNames } from '../../services/topics/names.ts'
import { type Answer, followTopics, ingestEnv, openIngest, type Sending, send, type Stored, TOKEN } from '../support/ingest.ts'
import { newPrefix, testKafka } from '../support/kafka.ts'
import { until } from '../support/wait.ts'

const brokers = inject('brokers')
const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
})

/** An ingest on topics of its own. */
async function open(settings: Record<string, string> = {}) {
  const prefix = newPrefix()
  const ingest = await openIngest({ ...ingestEnv(brokers, prefix), ...settings })
  closers.push(ingest.close)
  const topics = await followTopics(brokers, prefix)
  closers.push(topics.close)
  return { origin: ingest.origin, topics, kafka: testKafka(brokers, prefix), prefix }
}

let ingest: Awaited<ReturnType<typeof open>>
beforeAll(async () => {
  ingest = await open()
})

type Sent = { id: string; data: string; text: string }
let made = 0
/** An event with an id of its own, its `data` as written here. */
function event(data: string): Sent {
  const id = `90020261123100000000${String(++made).padStart(36, '0')}`
  return { id, data, text: `{"log_id":"${id}","data":${data}}` }
}
/** What parsing and writing anew would change. */
const awkward = () => [
  event('{"type":"s","n":9007199254740993,"z":-0,"e":1E400}'),
  event('{ "log_id":"other", "type" : "seacft" ,\t"é\\u00e9":"\\ud83d\\ude00😀\\/" }'),
  event('{"type":"f","a":{"a":1,"a":2},"b":[ ],"type":"fp"}'),
]

/** Posts a body and answers all that came of it. */
async function post(
  body: string | Buffer,
  headers = {},
  to = ingest,
): Promise<{ answer: Answer; events: Stored[]; letters: Stored[] }> {
  const from = Date.now()
  const answer = await send(to.origin, { body, headers: { authorization: TOKEN, ...headers } })
  const until = Date.now()
  const news = await to.topics.news()
  for (const { timestamp } of [...news.events, ...news.letters]) {
    expect(timestamp).toBeGreaterThanOrEqual(from)
    expect(timestamp).toBeLessThanOrEqual(until)
  }
  return { answer, ...news }
}

const keyed = (events: Stored[]) => Object.fromEntries(events.map(({ key, value }) => [key, value.toString()]))
const sentAs = (events: Sent[]) => Object.fromEntries(events.map(({ id, data }) => [id, data]))
/** Dead letters as `reason: bytes`, after their other headers are checked. */
const put = (letters: Stored[]) =>
  letters.map(({ key, value, headers: { reason, error, first_at, last_at, ...others } }) => {
    expect(others).toEqual({ topic: '', partition: '', offset: '', log_id: key ?? '', stage: 'receive', attempts: '0', version })
    expect(error).toMatch(/\w/)
    for (const at of [first_at, last_at]) expect(new Date(at).toISOString()).toBe(at)
    return `${reason}: ${value.toString('latin1')}`
  })

const texts = (events: Sent[]) => events.map(({ text }) => text)
type Format = [name: string, build: (events: Sent[]) => string]
const auth0Formats: Format[] = [
  ['JSONLINES', (events) => `${texts(events).join('\n')}\n`],
  ['JSONARRAY', (events) => `[${texts(events).join(',')}]`],
  ['JSONOBJECT', (events) => `{"logs":[${texts(events).join(',')}]}`],
]
const otherFormats: Format[] = [
  ['lines without the last newline', (events) => texts(events).join('\n')],
  ['lines with CRLF and blank ones', (events) => `\r\n${texts(events).join('\r\n\r\n')}\r\n\r\n`],
  ['array on many lines', (events) => `\n[\n  ${texts(events).join(',\n  ')}\n]\n`],
  ['envelope with other members', (events) => `{"v":1, "logs" : [ ${texts(events).join(' , ')} ], "next":null}`],
]
const encodings: [string, (body: string) => Buffer][] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
]
const contentTypes = ['application/json', 'application/x-ndjson', 'text/plain; charset=utf-8', 'application/octet-stream']

describe('a good body', () => {
  const plain = [...auth0Formats, ...otherFormats].map(
    ([name, build]) => [name, 'identity', build, (body: string) => Buffer.from(body)] as const,
  )
  const encoded = auth0Formats.flatMap(([name, build]) =>
    encodings.map(([encoding, encode]) => [name, encoding, build, encode] as const),
  )
  test.each([...plain, ...encoded])('%s, %s - every event is stored byte for byte', async (_, encoding, build, encode) => {
    const sent = awkward()
    const headers = { 'content-type': contentTypes[made % contentTypes.length], 'content-encoding': encoding }
    const { answer, events, letters } = await post(encode(build(sent)), headers)
    expect([answer.status, answer.text]).toEqual([200, '{"accepted":3,"quarantined":0}'])
    expect(answer.headers['content-type']).toBe('application/json')
    expect([events.length, keyed(events), letters]).toEqual([3, sentAs(sent), []])
  })

  test('one event on many lines - is one event', async () => {
    const one = event('{\n    "type": "s",\n\r\n    "details": {}\n  }')
    const { events } = await post(`{\n  "log_id": "${one.id}",\n  "data": ${one.data}\n}\n`)
    expect(keyed(events)).toEqual(sentAs([one]))
  })

  test.each(['', ' \r\n', '[]', '{"logs":[]}'])('%j - holds nothing', async (body) => {
    const { answer, events, letters } = await post(body)
    expect([answer.status, answer.text, events, letters]).toEqual([200, '{"accepted":0,"quarantined":0}', [], []])
  })

  test('headers - are source and type; traceparent only where the sender sent one', async () => {
    const sent = ['"seacft"', '"a_code_of_next_year"', '"é"', 'null', '7'].map((type) => event(`{"type":${type}}`))
    const nested = event('{"details":{"type":"no"}}')
    const body = [...sent, nested].map(({ text }) => text).join('\n')
    const types = ['seacft', 'a_code_of_next_year', 'é', '', '', '']
    const byId = (events: Stored[]) =>
      events.toSorted((x, y) => (String(x.key) < String(y.key) ? -1 : 1)).map(({ headers }) => headers)
    expect(byId((await post(body)).events)).toEqual(types.map((type) => ({ source: 'webhook', type })))
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    expect(byId((await post(body, { traceparent })).events)).toEqual(
      types.map((type) => ({ source: 'webhook', type, traceparent })),
    )
    expect(byId((await post(body)).events)).toEqual(types.map((type) => ({ source: 'webhook', type })))
  })

  test.each([
    ['one mark', '\ufeff'],
    ['two marks and white space', '\ufeff\r\n\ufeff '],
  ])('behind byte order marks (%s) - is stored in every format, compressed too', async (_, marks) => {
    for (const [, build] of auth0Formats) {
      const sent = awkward()
      for (const [encoding, encode] of [['identity', (body: string) => Buffer.from(body)] as const, encodings[0], encodings[4]]) {
        const { answer, events, letters } = await post(encode(marks + build(sent)), { 'content-encoding': encoding })
        expect([answer.text, keyed(events), letters]).toEqual(['{"accepted":3,"quarantined":0}', sentAs(sent), []])
      }
    }
  })

  test.each([
    ['of 14 KB', 'a'.repeat(14_000)],
    ['without its end', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-'],
    ['with capitals', '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01'],
    ['of zeros', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
    ['of an invalid version', 'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  ])('traceparent %s - is no header', async (_, traceparent) => {
    const { events } = await post(event('{"type":"s"}').text, { traceparent })
    expect(events.map(({ headers }) => headers)).toEqual([{ source: 'webhook', type: 's' }])
  })

  test('a type of more than 256 bytes - is no header, and the event is stored', async () => {
    const sent = [event(`{"type":"${'x'.repeat(256)}"}`), event(`{"type":"${'x'.repeat(257)}"}`)]
    const { events } = await post(`[${texts(sent).join()}]`)
    expect(keyed(events)).toEqual(sentAs(sent))
    expect(events.map(({ headers }) => headers.type).toSorted()).toEqual(['', 'x'.repeat(256)])
  })

  test('key - is the log_id, and copies of an event are in one partition', async () => {
    const sent = Array.from({ length: 40 }, () => event('{}'))
    const partitions = async () => {
      const { events } = await post(`[${texts(sent).join()}]`)
      return Object.fromEntries(events.map(({ key, partition }) => [key, partition]))
    }
    const first = await partitions()
    expect(Object.keys(first)).toEqual(expect.arrayContaining(sent.map(({ id }) => id)))
    expect(await partitions()).toEqual(first)
    expect(new Set(Object.values(first)).size).toBeGreaterThan(4)
  })

  test('names and log_id written with escapes, deep nesting - are no hindrance', async () => {
    const deep = event(`{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`)
    const escaped = event('{"t\\u0079pe":"\\u0073"}')
    const written = `{"d\\u0061ta":${escaped.data},"l\\u006fg_id":"\\u0039${escaped.id.slice(1)}"}`
    const { events, letters } = await post(`[${deep.text},${written}]`)
    expect([keyed(events), letters]).toEqual([sentAs([deep, escaped]), []])
    expect(events.find(({ key }) => key === escaped.id)?.headers.type).toBe('s')
  })
})

describe('a bad part', () => {
  /** A body around two good events, what is stored of it, and what is put aside. */
  const invalidUtf8 = '{"log_id":"x","data":{"a":"\xff"}}'
  test.each<[name: string, build: (a: string, b: string) => string, accepted: number, parts: string[]]>([
    ['array broken at its first element', (a, b) => `[x,${a},${b}]`, 0, ['not_json: [x,A,B]'.replace('[', '')]],
    ['array broken in the middle', (a, b) => `[${a},{"log_id":,${b}]`, 1, ['not_json: {"log_id":,B]']],
    ['array broken at its last element', (a, b) => `[${a},${b},{"log_id":"c"`, 2, ['not_json: {"log_id":"c"']],
    ['envelope broken in the middle', (a, b) => `{"logs":[${a},tru,${b}]}`, 1, ['not_json: tru,B]}']],
    ['envelope broken behind its array', (a, b) => `{"logs":[${a},${b}],"next":}`, 2, ['not_json: ,"next":}']],
    ['first line broken', (a, b) => `{"log_id"\n${a}\n${b}\n`, 2, ['not_json: {"log_id"']],
    ['line broken in the middle', (a, b) => `${a}\nhello\r\n${b}\n`, 2, ['not_json: hello\r']],
    ['last line cut off', (a, b) => `${a}\n${b}\n{"log_id":"c","data":{`, 2, ['not_json: {"log_id":"c","data":{']],
    ['no UTF-8 in one element', (a, b) => `[${a},${invalidUtf8},${b}]`, 2, [`not_json: ${invalidUtf8}`]],
    ['no UTF-8 in one line', (a, b) => `${a}\n${invalidUtf8}\n${b}`, 2, [`not_json: ${invalidUtf8}`]],
    [
      'elements that are no events',
      (a, b) => `[1,${a},"x",null,{},${b},[]]`,
      2,
      ['1', '"x"', 'null', '{}', '[]'].map((part) => `not_an_event: ${part}`),
    ],
    ['data that is no object', (a, b) => `[${a},{"log_id":"x","data":[]},${b}]`, 2, ['not_an_event: {"log_id":"x","data":[]}']],
    ['event without log_id', (a, b) => `${a}\n{"data":{"type":"s"}}\n${b}`, 2, ['no_log_id: {"data":{"type":"s"}}']],
    ['one event that is none', () => '{"hello":"world"}', 0, ['not_an_event: {"hello":"world"}']],
    ['form data', () => 'a=1&b=2', 0, ['not_json: a=1&b=2']],
    ['array that only begins', () => '[', 0, ['not_json: [']],
    ['envelope that only begins', () => '{"logs":[', 0, ['not_json: {"logs":[']],
    [
      'log_id of 257 bytes',
      (a) => `${a}\n{"log_id":"${'x'.repeat(257)}","data":{}}`,
      1,
      [`no_log_id: {"log_id":"${'x'.repeat(257)}","data":{}}`],
    ],
  ])('%s - is put aside as it came, and the rest is stored', async (_, build, accepted, parts) => {
    const [a, b] = [event('{"type":"s","é":[ 1 ]}'), event('{"type":"f"}')]
    const body = build(a.text, b.text)
    // Latin-1 here is one character a byte: what is no UTF-8 can be written down.
    const latin1 = (text: string) => Buffer.from(text).toString('latin1')
    const bytes = body.includes('\xff') ? Buffer.from(body.replaceAll('é', 'Ã©'), 'latin1') : Buffer.from(body)
    const { answer, events, letters } = await post(bytes)
    expect([answer.status, answer.text]).toEqual([200, JSON.stringify({ accepted, quarantined: parts.length })])
    expect(keyed(events)).toEqual(sentAs([a, b].slice(0, accepted)))
    expect(put(letters)).toEqual(parts.map((part) => part.replace('A,', `${latin1(a.text)},`).replace('B', latin1(b.text))))
  })

  test('an event over the limit - is put aside in pieces, and the rest is stored', async () => {
    const [a, b] = [event('{"type":"s"}'), event('{"type":"f"}')]
    const large = event(`{"type":"s","text":"${'0123456789'.repeat(490_000)}"}`)
    const { answer, events, letters } = await post(`[${a.text},${large.text},${b.text}]`)
    expect(answer.text).toBe('{"accepted":2,"quarantined":1}')
    expect(keyed(events)).toEqual(sentAs([a, b]))
    expect(letters.map(({ headers: { piece, reason, log_id } }) => [piece, reason, log_id])).toEqual(
      [1, 2, 3, 4, 5].map((n) => [`${n}/5`, 'event_too_large', large.id]),
    )
    expect(Buffer.concat(letters.map(({ value }) => value)).equals(Buffer.from(large.text))).toBe(true)
  })

  test('MAX_EVENT_BYTES - is the limit of `data`, to the byte', async () => {
    const small = await open({ MAX_EVENT_BYTES: '1000' })
    const ofSize = (size: number) => event(`{"a":"${'x'.repeat(size - 8)}"}`)
    const [fits, over] = [ofSize(1_000), ofSize(1_001)]
    const { answer, events, letters } = await post(`${fits.text}\n${over.text}`, {}, small)
    expect(answer.text).toBe('{"accepted":1,"quarantined":1}')
    expect([keyed(events), put(letters)]).toEqual([sentAs([fits]), [`event_too_large: ${over.text}`]])
  })
})

test('more than 100,000 events in a body - are refused as a whole, 100,000 are taken', async () => {
  const refused = await post(`[${'1,'.repeat(100_000)}1]`)
  expect([refused.answer.status, JSON.parse(refused.answer.text)]).toEqual([
    413,
    { error: 'too_many_events', message: expect.stringContaining('100000 events') },
  ])
  expect([refused.events, refused.letters]).toEqual([[], []])
  const bomb = await post(gzipSync(`[${'1,'.repeat(16_000_000)}1]`), { 'content-encoding': 'gzip' })
  expect([bomb.answer.status, bomb.letters]).toEqual([413, []])
  const sent = Array.from({ length: 100_000 }, () => event('{}'))
  const { answer, events } = await post(`[${texts(sent).join()}]`)
  expect([answer.text, events.length]).toEqual(['{"accepted":100000,"quarantined":0}', 100_000])
}, 90_000)

describe('a request', () => {
  const encoded = (encoding: string) => ({ headers: { authorization: TOKEN, 'content-encoding': encoding } })
  const wrong = (authorization: string) => ({ headers: authorization ? { authorization } : {} })
  test.each<[string, Sending, number, string]>([
    ['without a token', wrong(''), 401, 'unauthorized'],
    ['with a wrong token', wrong('Bearer something else'), 401, 'unauthorized'],
    ['with the beginning of a token', wrong(TOKEN.slice(0, -1)), 401, 'unauthorized'],
    ['with a token and more', wrong(`${TOKEN}x`), 401, 'unauthorized'],
    ['with the scheme in small letters', wrong(TOKEN.toLowerCase()), 401, 'unauthorized'],
    ['without the scheme', wrong(TOKEN.replace('Bearer ', '')), 401, 'unauthorized'],
    [
      'with an encoding that nobody knows',
      { headers: { authorization: TOKEN, 'content-encoding': 'zstd' } },
      415,
      'unsupported_encoding',
    ],
    ['with two encodings', { headers: { authorization: TOKEN, 'content-encoding': 'gzip, br' } }, 415, 'unsupported_encoding'],
    ['GET /logs', { method: 'GET' }, 405, 'method_not_allowed'],
    ['PUT /logs without a token', { method: 'PUT', headers: {} }, 405, 'method_not_allowed'],
    ['OPTIONS /logs', { method: 'OPTIONS' }, 405, 'method_not_allowed'],
    ['with an encoding of a name that objects have', encoded('constructor'), 415, 'unsupported_encoding'],
    ['with another one of these', encoded('__proto__'), 415, 'unsupported_encoding'],
    ['to /logs/', { path: '/logs/' }, 404, 'not_found'],
    ['to /LOGS', { path: '/LOGS' }, 404, 'not_found'],
    ['GET /Logs', { method: 'GET', path: '/Logs' }, 404, 'not_found'],
    ['to another path', { path: '/log' }, 404, 'not_found'],
    ['to another path without a token', { path: '/logs/x', headers: {} }, 404, 'not_found'],
    ['to a path that is no UTF-8', { method: 'GET', path: '/%ff' }, 404, 'not_found'],
    ['POST /livez', { path: '/livez' }, 404, 'not_found'],
  ])('%s - is refused, and nothing is stored', async (_, sending, status, error) => {
    const body = sending.method === 'GET' ? '' : event('{}').text
    const answer = await send(ingest.origin, { body, ...sending })
    expect([answer.status, JSON.parse(answer.text)]).toEqual([status, { error, message: expect.stringMatching(/\w/) }])
    expect(answer.headers.allow).toBe(status === 405 ? 'POST' : undefined)
    expect(answer.text).not.toContain(TOKEN)
    expect(await ingest.topics.news()).toEqual({ events: [], letters: [] })
  })

  test('HEAD - is answered as GET, without a body', async () => {
    const head = (path: string) => send(ingest.origin, { method: 'HEAD', path })
    expect(await head('/logs')).toMatchObject({ status: 405, text: '', headers: { allow: 'POST' } })
    expect(await head('/livez')).toMatchObject({ status: 200, text: '' })
    expect(await head('/other')).toMatchObject({ status: 404, text: '' })
  })

  test('2,000 with one event each, 50 at a time - are all stored, each once', async () => {
    const sent = Array.from({ length: 2_000 }, () => event(`{"type":"s","pad":"${'x'.repeat(made % 700)}"}`))
    const left = [...sent]
    const answers: string[] = []
    const lane = async () => {
      for (let next = left.pop(); next; next = left.pop()) answers.push((await send(ingest.origin, { body: next.text })).text)
    }
    await Promise.all(Array.from({ length: 50 }, lane))
    expect(new Set(answers)).toEqual(new Set(['{"accepted":1,"quarantined":0}']))
    const { events, letters } = await ingest.topics.news()
    expect([events.length, letters.length]).toEqual([2_000, 0])
    expect(keyed(events)).toEqual(sentAs(sent))
  })

  test('one of many at once - is answered for its own events alone', async () => {
    const bodies = Array.from({ length: 100 }, (_, i) => Array.from({ length: i % 7 }, () => event('{"type":"s"}')))
    const answers = await Promise.all(
      bodies.map((events, i) => send(ingest.origin, { body: `[${[...texts(events), ...(i % 3 ? [] : ['7'])].join()}]` })),
    )
    expect(answers.map(({ text }) => text)).toEqual(
      bodies.map((events, i) => JSON.stringify({ accepted: events.length, quarantined: i % 3 ? 0 : 1 })),
    )
    const { events, letters } = await ingest.topics.news()
    expect(keyed(events)).toEqual(sentAs(bodies.flat()))
    expect(put(letters)).toEqual(Array.from({ length: 34 }, () => 'not_an_event: 7'))
  })
})

describe('one partition', () => {
  let single: typeof ingest
  beforeAll(async () => {
    single = await open({ PARTITIONS: '1' })
  })

  test('1,100 events of 1 KiB in one body - are stored in a few sends, in order', async () => {
    const sent = Array.from({ length: 1_100 }, () => event(`{"pad":"${'x'.repeat(1_024)}"}`))
    const { answer, events } = await post(`[${texts(sent).join()}]`, {}, single)
    expect(answer.text).toBe('{"accepted":1100,"quarantined":0}')
    expect(events.map(({ key }) => key)).toEqual(sent.map(({ id }) => id))
    // A send gives its records one time. Sent as a whole they would be refused, and then stored one by one.
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBeLessThanOrEqual(2)
  })

  test('an event that Kafka refuses for good - is put aside, and the rest is stored', async () => {
    await limit(topicNames.events(single.prefix))
    const small = Array.from({ length: 5 }, () => event('{"type":"s"}'))
    const large = event(`{"pad":"${'x'.repeat(5_000)}"}`)
    const { answer, events, letters } = await post(texts([...small.slice(0, 2), large, ...small.slice(2)]).join('\n'), {}, single)
    expect(answer.text).toBe('{"accepted":5,"quarantined":1}')
    expect([events.length, keyed(events)]).toEqual([5, sentAs(small)])
    expect(put(letters)).toEqual([`refused_by_kafka: ${large.text}`])
  })

  test('a refused dead letter - is answered 503: nothing is lost', async () => {
    await limit(topicNames.deadLetters(single.prefix, 'ingest'))
    const good = event('{"type":"s"}')
    const { answer, letters } = await post(`${good.text}\nx${'x'.repeat(5_000)}`, {}, single)
    expect([answer.status, letters]).toEqual([503, []])
    await expect.poll(async () => (await send(single.origin, { body: event('{}').text })).status, { timeout: 5_000 }).toBe(200)
  })

  /** From now on the topic takes no record over 2,000 bytes. Kafka answers before the limit is in force, so one is tried until it is refused. */
  async function limit(topic: string): Promise<void> {
    const configEntries = [{ name: 'max.message.bytes', value: '2000' }]
    await withAdmin(single.kafka, (admin) =>
      admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries }] }),
    )
    const producer = single.kafka.kafka.producer({ retry: { retries: 0 } })
    await producer.connect()
    const attempt = () =>
      producer.send({ topic, messages: [{ value: Buffer.alloc(3_000) }] }).then(
        () => undefined,
        ({ type }: { type?: string }) => type,
      )
    await until('the limit to be in force', attempt, (refusal) => refusal === 'MESSAGE_TOO_LARGE').finally(() =>
      producer.disconnect(),
    )
    await single.topics.news()
  }
})
