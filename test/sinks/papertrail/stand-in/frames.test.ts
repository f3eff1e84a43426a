// Where messages begin and end in a byte stream.
import { expect, test } from 'vitest'
import { createFramer } from '../../../../services/sinks/papertrail/stand-in/frames.ts'

function frames(chunks: (string | Buffer)[], limit = 100) {
  const found: string[] = []
  const framer = createFramer(limit, (bytes, start, end, cut) =>
    found.push(bytes.toString('utf8', start, end) + (cut ? ' (cut)' : '')),
  )
  for (const chunk of chunks) framer.push(Buffer.from(chunk))
  framer.end()
  return found
}

const stream = '<1>1 a\n7 <1>1 b\n<1>1 c\r\n\n12 <1>1 ü\nmore<1>1 d\n9 no count\n12345678 <x\n'
const messages = ['<1>1 a', '<1>1 b', '<1>1 c', '<1>1 ü\nmore', '<1>1 d', '9 no count', '12345678 <x']

test('frames - newlines and octet counting, told apart message by message', () => {
  expect(frames([stream])).toEqual(messages)
})

test('frames - the same wherever the stream is cut into chunks', () => {
  const bytes = Buffer.from(stream)
  for (let at = 1; at < bytes.length; at++) expect(frames([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(messages)
  expect(frames([...bytes].map((byte) => Buffer.from([byte])))).toEqual(messages)
})

test('frames - a message over the limit is cut, what is over it thrown away', () => {
  const long = `<1>1 ${'x'.repeat(6)}`
  expect(frames([`${long}y\n<1>1 a\n`], 11)).toEqual([`${long} (cut)`, '<1>1 a'])
  expect(frames([`${long}\n<1>1 a\n`], 11)).toEqual([long, '<1>1 a'])
  expect(frames([`${long}yyy`, 'yyyy', '3 <zz\n<1>1 a\n'], 11)).toEqual([`${long} (cut)`, '<1>1 a'])
  expect(frames([`14 ${long}y`, 'yy<1>1 a\n'], 11)).toEqual([`${long} (cut)`, '<1>1 a'])
})

test('frames - what stands unfinished at the end of the stream is a message', () => {
  expect(frames(['<1>1 a\n<1>1 b'])).toEqual(['<1>1 a', '<1>1 b'])
})
