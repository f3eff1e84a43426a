// The log_id of a message, found without parsing where that is safe.
import { expect, test } from 'vitest'
import { logIdOf } from '../../services/sandbox/log-id.ts'

const cases: [string, string, string][] = [
  ['the first field', '{"log_id":"1","a":{"b":[1]}}', '1'],
  ['the last field', '{"a":{"b":1},"log_id":"2"}', '2'],
  ['in the middle', '{"a":{"b":1},"log_id":"3","c":"d"}', '3'],
  ['before a nested object', '{"a":1,"log_id":"4","c":{"d":1}}', '4'],
  ['beside a nested one of the same name', '{"details":{"log_id":"x"},"log_id":"5"}', '5'],
  ['before a nested one of the same name', '{"log_id":"6","details":{"log_id":"x"}}', '6'],
  ['with blanks', '{ "log_id" : "7" }', '7'],
  ['with an escape in it', String.raw`{"log_id":"8\"8"}`, '8"8'],
  ['only a nested one', '{"details":{"log_id":"x"}}', ''],
  ['only a nested one, behind another', '{"details":{"a":1,"log_id":"x"}}', ''],
  ['only a nested one, in an array', '{"details":[{"log_id":"x"}]}', ''],
  ['in a text only', String.raw`{"text":"\"log_id\":\"x\""}`, ''],
  ['behind a key that ends the same way', String.raw`{"a\"log_id":"x"}`, ''],
  ['a number', '{"log_id":9}', ''],
  ['no object', '[{"log_id":"x"}]', ''],
  ['no JSON', 'log_id', ''],
]

test.each(cases)('log_id - %s', (_, message, id) => {
  expect(logIdOf(message)).toBe(id)
})
