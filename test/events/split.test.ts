// Bodies into events: what a whole body gives, where a broken one breaks, and that no byte of it is lost or taken twice.
import { describe, expect, test } from 'vitest'
import { labelsOf, MAX_PARTS, partsOf, type Split, split } from '../../services/events/split.ts'
import { type SeededRandom, seededRandom } from '../support/random.ts'

/** What matters of a split, as text: `id type value` an event, `reason: bytes` an unusable part. */
function shown({ events, unusable }: Split): { events: string[]; unusable: string[] } {
  return {
    events: events.map(({ id, type, value }) => `${id.toString()} ${type.toString()} ${value.toString()}`),
    unusable: unusable.map(({ reason, bytes }) => `${reason}: ${bytes.toString()}`),
  }
}
const event = (id: string) => `{"log_id":"${id}","data":{"type":"s"}}`
const [a, b] = [event('a'), event('b')]
const [A, B] = ['a s {"type":"s"}', 'b s {"type":"s"}']

describe('a whole body', () => {
  test.each([
    ['nothing', '', []],
    ['white space', ' \r\n\t\n', []],
    ['empty array', ' [ ] ', []],
    ['empty envelope', '{"logs":[ ]}', []],
    ['lines', `${a}\n${b}`, [A, B]],
    ['lines with blank ones, CRLF and blanks around', `\r\n ${a} \r\n\r\n\t${b}\r\n`, [A, B]],
    ['array', `[${a},${b}]`, [A, B]],
    ['array with white space', ` [\n${a}\r\n,\t${b} ]\n`, [A, B]],
    ['envelope', `{"logs":[${a},${b}]}`, [A, B]],
    ['envelope with other members', `{"v":{"logs":[1]}, "logs" : [${a} , ${b}] ,"next":null}`, [A, B]],
    ['envelope whose name is written with an escape', `{"l\\u006fgs":[${a}]}`, [A]],
    ['two arrays in an envelope', `{"logs":[${a}],"logs":[${b}]}`, [A, B]],
    ['one event', a, [A]],
    ['a byte order mark before an array', `\ufeff[${a},${b}]`, [A, B]],
    ['several marks and white space before an envelope', `\r\n\ufeff \ufeff{"logs":[${a},${b}]}`, [A, B]],
    ['a mark before lines', `\ufeff${a}\n${b}\n`, [A, B]],
    ['a mark before one event on many lines', `\ufeff{\n"log_id":"a",\n"data":{"type":"s"}}`, [A]],
    ['a mark alone', '\ufeff', []],
    ['one event with a field of the name logs', `{"log_id":"a","logs":[${b}],"data":{"type":"s"}}`, [A]],
    ['the same, logs first', `{"logs":[${b},1],"data":{"type":"s"},"log_id":"a"}`, [A]],
    ['the same, logs last', `{"data":{"type":"s"},"log_id":"a","logs":[]}`, [A]],
    ['the same on a line', `{"logs":[1],"log_id":"a","data":{"type":"s"}}\n${b}`, [A, B]],
    ['one event on many lines', '{\n  "log_id": "a",\n  "data": {\n    "type": "s"\n  }\n}\n', ['a s {\n    "type": "s"\n  }']],
  ])('%s', (_, body, events) => {
    expect(shown(split(Buffer.from(body)))).toEqual({ events, unusable: [] })
  })
})

describe('an event', () => {
  test.each([
    ['data before the id', '{"data":{"b":1},"log_id":"x"}', 'x  {"b":1}'],
    [
      'names and id written with escapes',
      '{"l\\u006fg_id":"\\u0078\\n","d\\u0061ta":{"t\\u0079pe":"\\u0073"}}',
      'x\n s {"t\\u0079pe":"\\u0073"}',
    ],
    [
      'repeated names: the last counts',
      '{"log_id":"1","log_id":"x","data":{"type":"f"},"data":{"type":"a","type":"s"}}',
      'x s {"type":"a","type":"s"}',
    ],
    ['the id only within data', '{"data":{"log_id":"x","type":"s"}}', 'x s {"log_id":"x","type":"s"}'],
    ['the id without before the one within', '{"data":{"log_id":"y"},"log_id":"x"}', 'x  {"log_id":"y"}'],
    ['an id that is no string, another within data', '{"log_id":7,"data":{"log_id":"x"}}', 'x  {"log_id":"x"}'],
    ['repeated data: what the first held is gone', '{"log_id":"x","data":{"type":"a"},"data":{}}', 'x  {}'],
    ['type null', '{"log_id":"x","data":{"type":null}}', 'x  {"type":null}'],
    [
      'a type further down',
      '{"log_id":"x","data":{"details":{"type":"no","log_id":"no"}}}',
      'x  {"details":{"type":"no","log_id":"no"}}',
    ],
    ['fields beside data', '{"v":[{"data":1}],"log_id":"x","data":{},"log_idx":"no","Data":1}', 'x  {}'],
    [
      'numbers of any size',
      '{"log_id":"x","data":{"n":9007199254740993,"m":1e400,"z":-0}}',
      'x  {"n":9007199254740993,"m":1e400,"z":-0}',
    ],
  ])('%s', (_, body, expected) => {
    for (const whole of [body, `[${body}]`, `{"logs":[${body}]}`, `${body}\n`]) {
      expect(shown(split(Buffer.from(whole)))).toEqual({ events: [expected], unusable: [] })
    }
  })

  test.each([
    ['not_an_event', '1'],
    ['not_an_event', '"text"'],
    ['not_an_event', 'null'],
    ['not_an_event', '{}'],
    ['not_an_event', '[{"log_id":"x","data":{}}]'],
    ['not_an_event', '{"log_id":"x"}'],
    ['not_an_event', '{"log_id":"x","data":[1]}'],
    ['not_an_event', '{"log_id":"x","data":"{}"}'],
    ['not_an_event', '{"log_id":"x","data":{},"data":null}'],
    ['no_log_id', '{"data":{"type":"s"}}'],
    ['no_log_id', '{"log_id":"","data":{}}'],
    ['no_log_id', '{"data":{"log_id":"x"},"data":{}}'],
    ['no_log_id', '{"log_id":12,"data":{}}'],
    ['no_log_id', '{"log_id":"x","log_id":null,"data":{}}'],
    ['no_log_id', `{"log_id":"${'x'.repeat(257)}","data":{}}`],
    ['no_log_id', `{"log_id":"${'x'.repeat(257)}","data":{"log_id":"x"}}`],
    ['no_log_id', `{"log_id":"${'é'.repeat(129)}","data":{}}`],
    ['no_log_id', `{"log_id":"${'\\u00e9'.repeat(129)}","data":{}}`],
    ['no_log_id', `{"data":{"log_id":"${'x'.repeat(257)}"}}`],
    ['not_an_event', '{"log_id":"x","logs":[{"log_id":"y","data":{}}]}'],
    ['not_an_event', '{"log_id":7,"data":"text","logs":[{"log_id":"y","data":{}}]}'],
  ])('%s: %s - is put aside alone, among good ones', (reason, part) => {
    const expected = { events: [A, B], unusable: [`${reason}: ${part}`] }
    expect(shown(split(Buffer.from(`[${a}, ${part} ,${b}]`)))).toEqual(expected)
    expect(shown(split(Buffer.from(`{"logs":[${a}, ${part} ,${b}]}`)))).toEqual(expected)
    expect(shown(split(Buffer.from(`${a}\n${part}\n${b}`)))).toEqual(expected)
  })

  test('bytes that are no UTF-8 - cost this event alone', () => {
    const bad = Buffer.concat([Buffer.from('{"log_id":"x","data":{"a":"'), Buffer.from([0xff, 0xc3]), Buffer.from('"}}')])
    const around = (before: string, after: string) => Buffer.concat([Buffer.from(before), bad, Buffer.from(after)])
    for (const body of [around(`[${a},`, `,${b}]`), around(`{"logs":[${a},`, `,${b}]}`), around(`${a}\n`, `\n${b}`)]) {
      const { events, unusable } = split(body)
      expect(events.map(({ id }) => id.toString())).toEqual(['a', 'b'])
      expect(unusable).toEqual([{ reason: 'not_json', bytes: bad }])
    }
  })

  test('nesting - has no limit', () => {
    const data = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    const { events, unusable } = split(Buffer.from(`[${a},{"log_id":"x","data":${data}},${b}]`))
    expect([events.length, unusable.length, events[1].value.toString() === data]).toEqual([3, 0, true])
  })
})

describe('a broken body', () => {
  test.each([
    ['array at its first element', `[x${a},${b}]`, [], [`x${a},${b}]`]],
    ['array in the middle', `[${a}, {"log_id" ,${b}]`, [A], [`{"log_id" ,${b}]`]],
    ['array between elements', `[${a} ${b}]`, [A], [`${b}]`]],
    ['array at its last element', `[${a},${b},{"log_id":"c","data":{`, [A, B], ['{"log_id":"c","data":{']],
    ['array without an end', `[${a},${b}`, [A, B], []],
    ['array with a comma too many', `[${a},]`, [A], [']']],
    ['array with more behind it', `[${a}] ${b}`, [A], [b]],
    ['envelope at its first element', `{"logs":[x,${b}]}`, [], [`x,${b}]}`]],
    ['envelope in the middle', `{"logs":[${a},x,${b}]}`, [A], [`x,${b}]}`]],
    ['envelope without an end', `{"logs":[${a}]`, [A], []],
    ['envelope behind its array', `{"logs":[${a}],"next":x}`, [A], [',"next":x}']],
    ['envelope with more behind it', `{"logs":[${a}]}\n${b}`, [A], [b]],
    ['envelope before its array', `{"v":x,"logs":[${a}]}`, [], [`{"v":x,"logs":[${a}]}`]],
    ['first line', `{"log_id"\n${a}\n${b}`, [A, B], ['{"log_id"']],
    ['line in the middle', `${a}\n{"log_id":"c","data":{}\n${b}`, [A, B], ['{"log_id":"c","data":{}']],
    ['last line', `${a}\n${b}\n{"log_`, [A, B], ['{"log_']],
    ['two events on a line', `${a}\n${b}${b}\n${a}`, [A, A], [`${b}${b}`]],
    ['text', 'hello\n', [], ['hello']],
    ['text behind a mark', '\ufeffhello', [], ['hello']],
    ['a mark in the middle', `[${a},\ufeff${b}]`, [A], [`\ufeff${b}]`]],
    ['array that only begins', '[', [], ['[']],
    ['array that only begins, with white space', ' [ \n', [], ['[ \n']],
    ['envelope whose array only begins', '{"logs":[', [], ['{"logs":[']],
    ['envelope whose array only begins, with other members', '\ufeff{"v":1,"logs" : [ ', [], ['{"v":1,"logs" : [ ']],
    ['envelope that is empty and has no end', '{"logs":[]', [], ['{"logs":[]']],
    ['envelope that is empty and breaks', '{"logs":[],"x":', [], ['{"logs":[],"x":']],
    ['event with logs that breaks', `{"log_id":"a","logs":[${b}],"data":{`, [], [`{"log_id":"a","logs":[${b}],"data":{`]],
  ])('%s - what was whole is kept, the rest is one part', (_, body, events, parts) => {
    const unusable = parts.map((part) => `not_json: ${part}`)
    expect(shown(split(Buffer.from(body)))).toEqual({ events, unusable })
  })
})

describe('a type', () => {
  test.each([
    ['256 bytes', 'x'.repeat(256), 'x'.repeat(256)],
    ['257 bytes', 'x'.repeat(257), ''],
    ['256 bytes of two a character', 'é'.repeat(128), 'é'.repeat(128)],
    ['258 bytes of two a character', 'é'.repeat(129), ''],
    ['256 bytes written with escapes', '\\u0078'.repeat(256), 'x'.repeat(256)],
    ['30 MiB', 'x'.repeat(30 * 1024 * 1024), ''],
  ])('of %s', (_, written, type) => {
    const { events } = split(Buffer.from(`[{"log_id":"x","data":{"type":"${written}"}}]`))
    expect(events.map((event) => event.type)).toEqual([type])
  })
})

describe('many parts', () => {
  const parts = (body: string) => partsOf(Buffer.from(body))

  test.each([
    ['array', (count: number) => `[${'1,'.repeat(count - 1)}1]`],
    ['envelope', (count: number) => `{"logs":[${'1,'.repeat(count - 1)}1]}`],
    ['lines', (count: number) => 'x\n'.repeat(count)],
    ['blank lines between', (count: number) => '1\n\n\r\n'.repeat(count)],
  ])('%s - 100,000 are taken, of one more only that it is too much', (_, body) => {
    expect([parts(body(MAX_PARTS)).count, parts(body(MAX_PARTS)).tooMany]).toEqual([MAX_PARTS, false])
    expect(parts(body(MAX_PARTS + 1)).tooMany).toBe(true)
  })

  test('16 million elements - are not looked at beyond the limit', () => {
    const body = Buffer.from(`[${'1,'.repeat(16_000_000)}1]`)
    const before = performance.now()
    const { tooMany, bytes } = partsOf(body)
    expect([tooMany, bytes < 10 * 1024 * 1024]).toEqual([true, true])
    expect(performance.now() - before).toBeLessThan(1_000)
  })

  test('slices - are of so many parts and bytes, and together all of them in order', () => {
    const body = Buffer.from(`[${Array.from({ length: 100 }, (_, i) => (i % 3 ? event(`e${i}`) : '7')).join()}]`)
    const whole = partsOf(body)
    const slices = [...whole.slices(30, 1_000)]
    expect(slices.flatMap(({ events }) => events)).toEqual(whole.all().events)
    expect(slices.flatMap(({ unusable }) => unusable)).toEqual(whole.all().unusable)
    expect(Math.max(...slices.map(({ events, unusable }) => events.length + unusable.length))).toBeLessThanOrEqual(30)
    expect([...whole.slices(1_000, 1)].length).toBe(100)
  })
})

test('labelsOf - are type and tenant of the bytes at hand', () => {
  expect(labelsOf(Buffer.from('{"type":"s","a":{"type":"no"},"tenant_name":"acme"}'))).toEqual({ type: 's', tenant: 'acme' })
  expect(labelsOf(Buffer.from('{"type":7}'))).toEqual({ type: '', tenant: '' })
})

test('tenant - is told with each event that has one', () => {
  const one = (data: string) => `{"log_id":"x","data":${data}}`
  const names = ['"acme"', '"acme"', '"acm\\u0065"', '"other"', '"éé"', '7', '""'].map((name) => one(`{"tenant_name":${name}}`))
  const { events } = split(Buffer.from([...names, one('{"a":{"tenant_name":"no"}}')].join('\n')))
  expect(events.map(({ tenant }) => tenant)).toEqual(['acme', 'acme', 'acme', 'other', 'éé', '', '', ''])
})

describe('random bodies', () => {
  test('whole ones - give what JSON.parse gives', () => {
    const random = seededRandom(7)
    for (let i = 0; i < 1_000; i++) {
      const { body, wrappers } = randomBody(random)
      const { events, unusable } = split(body)
      expect(unusable).toEqual([])
      expect(events.map(({ id }) => id.toString())).toEqual(wrappers.map(({ log_id }) => log_id))
      expect(events.map(({ value }) => JSON.parse(value.toString()) as unknown)).toEqual(wrappers.map(({ data }) => data))
      expect(events.map(({ type }) => type.toString())).toEqual(wrappers.map(({ data }) => data.type ?? ''))
      expect(leftOut(body, { events, unusable })).toMatch(/^[\s[\]{},:"logs]*$/)
    }
  })

  test('broken ones - every byte but the punctuation is in one event or part', () => {
    const random = seededRandom(8)
    let broken = 0
    for (let i = 0; i < 3_000; i++) {
      const { body } = randomBody(random)
      const at = random.below(body.length + 1)
      const damaged = random.pick([
        () => body.subarray(0, at),
        () => Buffer.concat([body.subarray(0, at), Buffer.from([random.below(256)]), body.subarray(at)]),
        () => Buffer.concat([body.subarray(0, at), Buffer.from([random.below(256)]), body.subarray(at + 1)]),
        () => Buffer.concat([body.subarray(0, at), body.subarray(at + 1 + random.below(20))]),
      ])()
      const found = split(damaged)
      expect(leftOut(damaged, found)).toMatch(/^[\s[\]{},:"logs]*$/)
      for (const { source, start, end, value, id } of found.events) {
        const wrapper = JSON.parse(source.toString('utf8', start, end)) as { log_id?: unknown; data: { log_id?: unknown } }
        expect(wrapper.data).toEqual(JSON.parse(value.toString()))
        expect(id.toString()).toBe(typeof wrapper.log_id === 'string' && wrapper.log_id ? wrapper.log_id : wrapper.data.log_id)
      }
      if (found.unusable.length > 0) broken++
    }
    expect(broken).toBeGreaterThan(1_000)
  })
})

/** The bytes in no event and no part, in order; fails where two overlap or one is no slice of the body. */
function leftOut(body: Buffer, { events, unusable }: Split): string {
  const slices = [...events.map(({ source, start, end }) => source.subarray(start, end)), ...unusable.map(({ bytes }) => bytes)]
  const taken = slices
    .map((slice) => {
      expect(slice.buffer).toBe(body.buffer)
      return { from: slice.byteOffset - body.byteOffset, to: slice.byteOffset - body.byteOffset + slice.length }
    })
    .toSorted((x, y) => x.from - y.from)
  const left: Buffer[] = []
  let at = 0
  for (const { from, to } of taken) {
    expect(from).toBeGreaterThanOrEqual(at)
    left.push(body.subarray(at, from))
    at = to
  }
  return Buffer.concat([...left, body.subarray(at)]).toString('latin1')
}

type Wrapper = { log_id: string; data: Record<string, unknown> }

/** A body in one of the formats, with white space and order of members as they fall. */
function randomBody(random: SeededRandom): { body: Buffer; wrappers: Wrapper[] } {
  const wrappers = Array.from({ length: random.below(6) }, (_, i) => ({
    log_id: `90020261123${i}${random.below(1e6)}`,
    data: randomData(random),
  }))
  const indent = random.pick([0, 0, 2])
  const texts = wrappers.map((wrapper) => {
    const members = [`"log_id":${JSON.stringify(wrapper.log_id)}`, `"data":${JSON.stringify(wrapper.data, null, indent)}`]
    return `{${(random.chance(0.3) ? members.toReversed() : members).join(random.pick([',', ' , ']))}}`
  })
  const space = () => random.pick(['', '', ' ', '\n', '\r\n\t'])
  const array = `[${space()}${texts.join(`${space()},${space()}`)}${space()}]`
  const formats = [array, `{${space()}"logs"${space()}:${space()}${array}${space()}}`]
  if (indent === 0) formats.push(texts.join(random.pick(['\n', '\r\n', '\n\n'])) + random.pick(['', '\n']))
  return { body: Buffer.from(space() + random.pick(formats) + space()), wrappers }
}

function randomData(random: SeededRandom): Record<string, unknown> {
  const text = () => random.pick(['', 's', 'seacft', 'é"\\\n', '😀', '{"log_id":"no","data":{}}', ']},', 'a\u2028b', '\u0000'])
  const leaf = () => random.pick([text(), random.next() * 1e20, -1 - random.below(100), true, null, [], {}])
  const data: Record<string, unknown> = random.chance(0.8) ? { type: text() } : {}
  for (let i = random.below(4); i > 0; i--) {
    const name = random.pick(['ip', 'log_id', 'logs', 'details', '', 'data'])
    data[name === 'log_id' ? 'other' : name] = random.pick([
      leaf,
      () => [leaf(), { type: leaf() }],
      () => ({ a: leaf(), log_id: leaf() }),
    ])()
  }
  return data
}
