// Tables and the ways in which values are written for people.
import { describe, expect, test } from 'vitest'
import { ago, count, cut, facts, span, table, time } from '../../services/cli/table.ts'
import { createStyle } from '../../services/cli/terminal.ts'

describe('table', () => {
  test('numbers stand right, texts left; colours take no width; an empty column is left out', () => {
    const red = (text: string) => `\u001b[31m${text}\u001b[39m`
    const columns = [{ title: 'name' }, { title: 'lag', right: true }, { title: 'none' }, { title: 'why' }]
    expect(
      table(columns, [
        ['a', '1,234', '', red('x')],
        [red('longer'), '5', '', ''],
      ]),
    ).toBe(`name      lag  why\na       1,234  ${red('x')}\n${red('longer')}      5`)
  })

  test('facts - below each other, those without a value left out', () => {
    expect(
      facts([
        ['state', 'running'],
        ['error', ''],
        ['lag', '5'],
      ]),
    ).toBe('state  running\nlag    5')
  })
})

test.each([
  [0, '0 s'],
  [59_400, '59 s'],
  [200_000, '3 min 20 s'],
  [45 * 60_000, '45 min'],
  [125 * 60_000, '2 h 5 min'],
  [76 * 3_600_000, '3 d 4 h'],
  [-5_000, '0 s'],
])('span - %i ms is %s', (ms, text) => {
  expect(span(ms)).toBe(text)
})

test('count, ago, time, cut - as people write them', () => {
  expect(count(1_234_567)).toBe('1,234,567')
  expect(ago('2026-03-04T05:06:07.000Z', Date.parse('2026-03-04T05:06:37Z'))).toBe('30 s ago')
  expect([ago('', 0), time('')]).toEqual(['', ''])
  expect(time('2026-03-04T05:06:07.123Z')).toBe('2026-03-04 05:06:07')
  expect(cut('one\n two three', 9)).toBe('one two …')
})

test.each([
  [{ isTTY: true }, {}, true],
  [{ isTTY: false }, {}, false],
  [{ isTTY: true }, { NO_COLOR: '1' }, false],
  [{ isTTY: true }, { TERM: 'dumb' }, false],
])('createStyle - on %j with %j colours: %s', (stream, env, colours) => {
  const { red } = createStyle({ ...stream, write: () => {} }, env)
  expect(red('x') !== 'x').toBe(colours)
})
