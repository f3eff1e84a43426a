// Tables and the ways in which values are written for people.
import { describe, expect, test } from 'vitest'
import { ago, count, cut, facts, span, table, time, wrap } from '../../services/cli/table.ts'
import { columnsOf, createStyle, widthOf } from '../../services/cli/terminal.ts'

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

describe('width', () => {
  const columns = [{ title: 'name' }, { title: 'lag', right: true }, { title: 'why', below: true }]
  const rows = [
    ['segment', '1,234', 'http_503: the vendor is busy and says so in many words that do not fit beside the row'],
    ['papertrail', '5', ''],
  ]
  test('a table that is too wide - says what has no room under its row, and no line is wider', () => {
    const lines = table(columns, rows, undefined, 40).split('\n')
    expect(lines).toEqual([
      'name          lag',
      'segment     1,234',
      '    why http_503: the vendor is busy and',
      '    says so in many words that do not',
      '    fit beside the row',
      'papertrail      5',
    ])
    expect(table(columns, rows).split('\n')).toHaveLength(3)
  })

  test('a table whose cells are too wide - is cut, the widest first', () => {
    const lines = table([{ title: 'a' }, { title: 'b' }], [['x'.repeat(60), 'y'.repeat(30)]], undefined, 50).split('\n')
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(50)
    expect(lines[1]).toContain('…')
  })

  test('facts and wrap - break between words, a long id stays whole', () => {
    const id = '9'.repeat(56)
    expect(facts([['id', `one two ${id} three`]], undefined, 20)).toBe(`id  one two\n    ${id}\n    three`)
    expect(wrap('a\nb c', 3)).toBe('a\nb c')
  })

  test('wide characters count as two, and no character is split', () => {
    expect([widthOf('日本'), widthOf('👩‍👩‍👧'), widthOf('é'), widthOf('\u001b[31mx\u001b[39m')]).toEqual([4, 2, 1, 1])
    expect(cut('日本語です', 6)).toBe('日本…')
    expect(cut('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5)).toBe('👩‍👩‍👧👩‍👩‍👧…')
    expect(cut('a😀b😀c', 4)).toBe('a😀…')
    expect(cut('x'.repeat(1_000_000), 10)).toHaveLength(10)
  })

  test('columnsOf - a terminal has its own, COLUMNS helps elsewhere, else there is no end', () => {
    const stream = { write: () => {} }
    expect(columnsOf({ ...stream, isTTY: true, columns: 80 }, { COLUMNS: '100' })).toBe(80)
    expect(columnsOf(stream, { COLUMNS: '100' })).toBe(100)
    for (const COLUMNS of [undefined, '', '0', '-1', 'x', '5']) expect(columnsOf(stream, { COLUMNS })).toBe(Infinity)
  })
})
