// Texts of others on a terminal: shown, not sent.
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../services/platform/logger.ts'
import { printable, printableDeep, printableJson, printableLine } from '../../services/platform/printable.ts'

const EVIL = 'a\u001b]52;c;aGk=\u0007b\u009b31mc\rd\u202ee\u2066f\u2028g\ud800h\u007f\u0000'

describe('printable', () => {
  it('control characters, bidi controls and halves of pairs become visible; what people write stays', () => {
    expect(printable(EVIL)).toBe('a\\u001b]52;c;aGk=\\u0007b\\u009b31mc\\u000dd\\u202ee\\u2066f\\u2028g\\ud800h\\u007f\\u0000')
    expect(printable('Grüße, 日本 👩‍👩‍👧 \t\n שלום')).toBe('Grüße, 日本 👩‍👩‍👧 \t\n שלום')
    expect(printableLine('a\tb\nc')).toBe('a\\u0009b\\u000ac')
  })

  it('JSON - means the same afterwards', () => {
    const json = JSON.stringify({ a: EVIL, [EVIL]: 1 }, null, 2)
    const safe = printableJson(json)
    // oxlint-disable-next-line no-control-regex -- these are what must not be there
    expect(safe).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    expect(JSON.parse(safe)).toEqual(JSON.parse(json))
  })

  it('a result - texts and names at any depth; what lies too deep is left out', () => {
    expect(printableDeep({ a: [{ '\u0007': 'b\u009b' }], n: 1, z: null })).toEqual({
      a: [{ '\\u0007': 'b\\u009b' }],
      n: 1,
      z: null,
    })
    const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) as unknown
    expect(JSON.stringify(printableDeep(deep)).length).toBeLessThan(200)
  })

  it('log lines - hold no control character either', () => {
    const lines: string[] = []
    createLogger('segment', 'info', { write: (line) => lines.push(line) }).warn({ answer: EVIL }, EVIL)
    expect(lines).toHaveLength(1)
    // oxlint-disable-next-line no-control-regex -- these are what must not be there
    expect(lines[0].trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
    expect(JSON.parse(lines[0])).toMatchObject({
      service: 'segment',
      level: 'warn',
      answer: JSON.parse(JSON.stringify(EVIL)) as string,
    })
  })
})
