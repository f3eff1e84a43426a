// Redaction by table, over bytes.
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createRedactor, parseRedaction, redactBytes } from '../../services/events/redact.ts'

const KEY = 'a-long-random-key'
const hmac = (text: string) => createHmac('sha256', KEY).update(text).digest('hex')

function redactor(text: string) {
  const rules = parseRedaction(text, KEY)
  if ('problem' in rules) throw new Error(rules.problem)
  return createRedactor(rules.value, KEY)
}
const redact = (json: string, rules: string) => redactBytes(Buffer.from(json), redactor(rules))?.toString()

describe('parseRedaction', () => {
  test('list - gives a rule an entry, blanks and empty entries ignored', () => {
    expect(parseRedaction(' ip:mask, ,details.request.auth.user.email : hash ,$event_schema.version:drop,', KEY)).toEqual({
      value: [
        { path: ['ip'], way: 'mask' },
        { path: ['details', 'request', 'auth', 'user', 'email'], way: 'hash' },
        { path: ['$event_schema', 'version'], way: 'drop' },
      ],
    })
    expect(parseRedaction('', '')).toEqual({ value: [] })
  })

  test.each(['ip', 'ip:', 'ip:blur', 'ip:Mask', ':mask', 'a..b:mask', '.a:mask', 'a.:mask', 'mask', 'ip:mask:'])(
    '%j - is a problem that names the entry',
    (entry) => {
      const problem = `must be path:mask, path:hash or path:drop, which ${entry} is not`
      expect(parseRedaction(`user_id:drop,${entry}`, KEY)).toEqual({ problem })
    },
  )

  test.each(['prompts[0].user_id:mask', 'prompts[].user_id:mask', 'prompts.*.user_id:mask'])(
    '%j - is a problem, for it would never match',
    (text) => expect(parseRedaction(text, KEY)).toHaveProperty('problem', expect.stringContaining('by every element')),
  )

  test('hash without a key - is a problem, mask and drop are not', () => {
    expect(parseRedaction('ip:hash', '')).toHaveProperty('problem', expect.stringContaining('needs REDACT_KEY'))
    expect(parseRedaction('ip:mask,user_id:drop', '')).toHaveProperty('value.length', 2)
  })

  test('one path in two ways - is a problem', () => {
    expect(parseRedaction('ip:mask,ip:drop', KEY)).toEqual({ problem: 'names ip twice' })
  })
})

const cases: [what: string, rules: string, input: string, output: string][] = [
  ['mask - a string', 'ip:mask', '{"ip":"1.2.3.4","type":"s"}', '{"ip":"***","type":"s"}'],
  [
    'mask - null, numbers and objects too',
    'a:mask,b:mask,c:mask',
    '{"a":null,"b":12,"c":{"x":1}}',
    '{"a":"***","b":"***","c":"***"}',
  ],
  ['hash - the characters of a string', 'a:hash', '{"a":"jos\\u00e9 \\"x\\""}', `{"a":"${hmac('josé "x"')}"}`],
  [
    'hash - JSON of other values',
    'a:hash,b:hash,c:hash',
    '{"a":42,"b":{"x":[1]},"c":null}',
    `{"a":"${hmac('42')}","b":"${hmac('{"x":[1]}')}","c":"${hmac('null')}"}`,
  ],
  ['drop - first', 'a:drop', '{"a":1,"b":2,"c":3}', '{"b":2,"c":3}'],
  ['drop - middle', 'b:drop', '{"a":1,"b":2,"c":3}', '{"a":1,"c":3}'],
  ['drop - last', 'c:drop', '{"a":1,"b":2,"c":3}', '{"a":1,"b":2}'],
  ['drop - the first two', 'a:drop,b:drop', '{"a":1,"b":2,"c":3}', '{"c":3}'],
  ['drop - the last two', 'b:drop,c:drop', '{"a":1,"b":2,"c":3}', '{"a":1}'],
  ['drop - first and last', 'a:drop,c:drop', '{"a":1,"b":2,"c":3}', '{"b":2}'],
  ['drop - all', 'a:drop,b:drop,c:drop', '{"a":1,"b":2,"c":3}', '{}'],
  ['drop - a whole array', 'a:drop', '{"a":["x","y"],"b":1}', '{"b":1}'],
  [
    'dotted path - into objects',
    'a.b.c:mask',
    '{"a":{"b":{"c":"x","d":"y"}},"c":"z"}',
    '{"a":{"b":{"c":"***","d":"y"}},"c":"z"}',
  ],
  [
    'array - by every element',
    'd.p.id:mask',
    '{"d":{"p":[{"id":"x"},{"n":1},7,{"id":"y"}]}}',
    '{"d":{"p":[{"id":"***"},{"n":1},7,{"id":"***"}]}}',
  ],
  ['array - drop in every element', 'p.id:drop', '{"p":[{"id":"x","n":1},{"id":"y"}]}', '{"p":[{"n":1},{}]}'],
  [
    'array - at the end of the path',
    'm:mask,h:hash',
    '{"m":["x","y"],"h":["x",5],"e":[]}',
    `{"m":["***","***"],"h":["${hmac('x')}","${hmac('5')}"],"e":[]}`,
  ],
  ['array - in arrays', 'a.b:mask', '{"a":[[],[[{"b":1}],{"b":2}],[3]]}', '{"a":[[],[[{"b":"***"}],{"b":"***"}],[3]]}'],
  ['object under a shorter rule - is hidden whole', 'a:mask,a.b:drop', '{"a":{"b":1,"c":2}}', '{"a":"***"}'],
  [
    'path through a string or null - changes nothing',
    'a.b:mask,c.d:mask,x:mask',
    '{"a":"s","c":null,"x":1}',
    '{"a":"s","c":null,"x":"***"}',
  ],
  ['log_id - only when asked', 'log_id:mask', '{"log_id":"900","ip":"1"}', '{"log_id":"***","ip":"1"}'],
  [
    'name of the prototype - is a name like others',
    '__proto__:mask,constructor.x:mask',
    '{"__proto__":"x","constructor":{"x":1}}',
    '{"__proto__":"***","constructor":{"x":"***"}}',
  ],
  ['inherited name - is a missing path', 'toString:mask,constructor.name:drop', '{"a":1}', '{"a":1}'],
]

describe('redactBytes', () => {
  test.each(cases)('%s', (_, rules, input, output) => expect(redact(input, rules)).toBe(output))

  test('no path in the event - gives the same buffer', () => {
    const bytes = Buffer.from('{ "type": "s", "n": 1.0 }')
    expect(redactBytes(bytes, redactor('ip:mask,details.prompts.user_id:drop'))).toBe(bytes)
  })

  test('the input - is never written to', () => {
    const bytes = Buffer.from('{"ip":"1.2.3.4"}')
    redactBytes(bytes, redactor('ip:mask'))
    expect(bytes.toString()).toBe('{"ip":"1.2.3.4"}')
  })

  test('everything else - stays to the byte: spaces, big numbers, number forms, escapes, order', () => {
    const rest = '"n" : 12345678901234567890.10,\n "2":1e400, "1":-0.0,"e":"\\u00e9\\/é"'
    expect(redact(`{ "ip" : "x" , ${rest} }`, 'ip:mask')).toBe(`{ "ip" : "***" , ${rest} }`)
    expect(redact(`{ "ip" : "x" , ${rest} }`, 'ip:drop')).toBe(`{ ${rest} }`)
  })

  test('a name that comes twice - is redacted both times, whatever a last-wins parser sees', () => {
    expect(redact('{"a":{"ip":"1.2.3.4"},"b":2,"a":{}}', 'a.ip:mask')).toBe('{"a":{"ip":"***"},"b":2,"a":{}}')
    expect(redact('{"ip":"1","b":2,"ip":"2"}', 'ip:drop')).toBe('{"b":2}')
  })

  test('a name written with escapes - is found', () => {
    expect(redact('{"\\u0069p":"1.2.3.4"}', 'ip:mask')).toBe('{"\\u0069p":"***"}')
  })

  test.each([
    '',
    ' ',
    '[]',
    '"s"',
    'null',
    '{',
    '{"ip":"1"',
    '{"ip":"1"} x',
    '{"ip":tru}',
    '{"ip":[1,}',
    '{"ip":[1 2]}',
    '{"ip":[1}}',
    '{ip:1}',
  ])('%j - is no JSON object, so there is nothing that may be sent', (text) => {
    for (const rules of ['ip:mask', 'ip:hash', 'ip:drop', 'ip.x:mask']) expect(redact(text, rules)).toBeUndefined()
  })

  const deep = (open: string, inner: string, close: string) => open.repeat(10_000) + inner + close.repeat(10_000)

  test('10,000 levels - beside the path, on it and under it', () => {
    const arrays = deep('[', '{"x":"pii"}', ']')
    const objects = deep('{"o":', '"pii"', '}')
    expect(redact(`{"d":${objects},"ip":"1"}`, 'ip:mask')).toBe(`{"d":${objects},"ip":"***"}`)
    expect(redact(`{"d":${arrays}}`, 'd.x:mask')).toBe(`{"d":${deep('[', '{"x":"***"}', ']')}}`)
    expect(redact(`{"d":${objects}}`, 'd:mask')).toBe('{"d":"***"}')
  })

  test('a value too deep to be hashed - is masked', () => {
    expect(redact(`{"d":${deep('{"o":', '1', '}')}}`, 'd:hash')).toBe('{"d":"***"}')
  })
})
