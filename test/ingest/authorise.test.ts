// Who may send.
import { expect, test } from 'vitest'
import { createAuthoriser } from '../../services/ingest/authorise.ts'

const authorised = createAuthoriser(['Bearer abc', 'the-other'])

test.each<[string | undefined, boolean]>([
  ['Bearer abc', true],
  ['the-other', true],
  ['bearer abc', false],
  ['Bearer  abc', false],
  ['Bearer abc ', false],
  ['Bearer ab', false],
  ['Bearer abcd', false],
  ['abc', false],
  ['Bearer the-other', false],
  ['Bearer abc,the-other', false],
  ['', false],
  [undefined, false],
])('authoriser - %j is %s', (header, expected) => {
  expect(authorised(header)).toBe(expected)
})

test('authoriser - without tokens lets nobody in', () => {
  const closed = createAuthoriser([])
  expect([closed(''), closed(undefined), closed('x')]).toEqual([false, false, false])
})
