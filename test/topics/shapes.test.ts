// What our readers take, held against schemas/: the same records, one by one.
import { describe, expect, it } from 'vitest'
import {
  jobShape,
  parseControl,
  resetPlanOf,
  serviceShape,
  settingsShape,
  stateShape,
} from '../../services/topics/control-records.ts'
import { letterOf, NOT_UNDERSTOOD } from '../../services/topics/dead-letters.ts'
import { certificateShape } from '../../services/topics/proof-shapes.ts'
import { auditShape, decodeAccount, decodeBackfillCheckpoint, letterShape, reportShape } from '../../services/topics/records.ts'
import { parse } from '../../services/topics/reports.ts'
import { parsed, type Shape } from '../../services/topics/shapes.ts'
import * as right from '../support/foreign-records.ts'
import { seededRandom } from '../support/random.ts'
import { schemaProblems } from '../support/schemas.ts'

const SHAPES: [name: string, shape: Shape<unknown>, example: object][] = [
  ['control-state', stateShape, right.rightState],
  ['control-settings', settingsShape, right.rightSettings],
  ['control-service', serviceShape, right.rightService],
  ['control-job', jobShape, right.rightJob],
  ['control-job', jobShape, right.rightProofJob],
  ['certificate', certificateShape, right.rightCertificate],
  ['report', reportShape, right.rightReport],
  ['audit', auditShape, right.rightAudit],
  ['dead-letter-headers', letterShape, right.rightLetter],
]

describe('shapes', () => {
  it.each(SHAPES)('%s - takes what its schema takes, and nothing else', (name, shape, example) => {
    const random = seededRandom(name.length)
    const seen = { taken: 0, refused: 0 }
    for (let n = 0; n < 3_000; n++) {
      const record = right.changed(example, random) as { kind?: string }
      if (record.kind === 'reset') continue // its checkpoint is JSON in a text, which the schema only describes
      const problems = schemaProblems(name, record)
      const found = parsed(shape, record)
      expect('value' in found, `${JSON.stringify(record)}\n${JSON.stringify(found)}\n${problems.join('\n')}`).toBe(
        problems.length === 0,
      )
      seen['value' in found ? 'taken' : 'refused']++
    }
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(300)
  })

  it('account - takes what its schema takes, and nothing else', () => {
    const random = seededRandom(5)
    for (let n = 0; n < 3_000; n++) {
      const record = right.changed(right.rightAccount, random) as typeof right.rightAccount
      const { base, delivered, filtered, duplicates, dead_lettered, expired } = record
      const fits = schemaProblems('account', record).length === 0
      const offset = fits ? Number(base) + delivered + filtered + duplicates + dead_lettered + expired : 115
      if (typeof record.v === 'number' && record.v > 1)
        expect(() => decodeAccount(JSON.stringify(record), offset)).toThrow(/newer version/)
      else expect(decodeAccount(JSON.stringify(record), offset) !== undefined, JSON.stringify(record)).toBe(fits)
    }
  })

  it('a problem - names the part', () => {
    expect(parsed(jobShape, { ...right.rightJob, ranges: [{ partition: 0, from: -1, to: 2 }] })).toEqual({
      problem: 'ranges[0].from must be a whole number from 0 on',
    })
    expect(parsed(serviceShape, { ...right.rightService, fields: [null] })).toEqual({ problem: 'fields[0] must be an object' })
    expect(parsed(stateShape, null)).toEqual({ problem: 'it must be an object' })
  })
})

describe('control records', () => {
  const problemOf = (key: string, json: unknown) => {
    const found = parseControl(key, json)
    return 'problem' in found ? found.problem : undefined
  }
  it.each([
    ['service/segment', right.rightService, undefined],
    ['service/other', right.rightService, /its key would be service\/segment/],
    ['service/segment', { ...right.rightService, group: '' }, /group must name the consumer group/],
    ['service/segment', { ...right.rightService, kind: 'ingest', group: '' }, undefined],
    ['state/segment', right.rightState, undefined],
    ['state/segment', { ...right.rightState, v: 2 }, /newer version \(v 2, this one reads 1\): update/],
    ['state/segment', undefined, /not JSON/],
    ['settings/segment', { ...right.rightSettings, values: { LOG_LEVEL: 3 } }, /values\.LOG_LEVEL must be a text/],
    ['job/segment/a-1', right.rightJob, undefined],
    ['job/segment/b', right.rightJob, /its key would be job\/segment\/a-1/],
    ['job/segment/reset', right.rightReset, undefined],
    ['job/segment/reset', { ...right.rightReset, checkpoint: 'oops' }, /checkpoint must be JSON/],
    ['job/segment/reset', { ...right.rightReset, checkpoint: '{}' }, /step is missing/],
    ['state/__proto__', right.rightState, /its key is none of/],
    ['', right.rightState, /its key is none of/],
    ['job/segment', right.rightJob, /its key is none of/],
    ['nonsense/a', {}, /its key is none of/],
  ])('%s - %#', (key, json, problem) => {
    if (problem) expect(problemOf(key, json)).toMatch(problem)
    else expect(problemOf(key, json)).toBeUndefined()
  })

  it('a plan - comes back from a reset only', () => {
    expect(resetPlanOf(right.rightReset as never)).toEqual(right.rightPlan)
    expect(resetPlanOf(right.rightJob)).toBeUndefined()
  })
})

describe('metadata of the backfill', () => {
  it.each([
    ['{"v":1,"checkpoint":"900"}', '900'],
    ['{oops', ''],
    ['', ''],
    ['{"v":1,"checkpoint":{"a":1}}', ''],
  ])('%s - %j', (metadata, checkpoint) => {
    expect(decodeBackfillCheckpoint(metadata)).toBe(checkpoint)
  })
})

describe('dead letters', () => {
  const letter = (headers: Record<string, string>) =>
    letterOf({ partition: 0, offset: 3, key: null, value: null, timestamp: 7, headers })

  it('a right one - says what its headers say; without a key its log_id is the header', () => {
    expect(letter(right.rightLetter)).toMatchObject({ offset: 3, logId: '900', told: right.rightLetter, value: Buffer.alloc(0) })
  })

  it.each([
    [{}, /topic is missing/],
    [{ ...right.rightLetter, attempts: 'many' }, /attempts must/],
    [{ ...right.rightLetter, stage: 'mail' }, /stage must be/],
    [{ ...right.rightLetter, error: 'x'.repeat(4_097) }, /error must have 4,096/],
  ])('a foreign one - has the reason not_understood and says why: %#', (headers, why) => {
    const { told, headers: kept } = letter(headers as Record<string, string>)
    expect(told).toMatchObject({ reason: NOT_UNDERSTOOD, attempts: '0', log_id: '', error: expect.stringMatching(why) as string })
    expect(kept).toEqual(headers)
  })
})

describe('reports', () => {
  it.each(right.noRecords.map((value) => [value]))('%j - is no report, and no audit record', (value) => {
    for (const key of ['segment', 'audit', null]) {
      let why = ''
      expect(parse({ key, value: Buffer.from(value ?? ''), offset: 1 }, (problem) => (why = problem))).toBeUndefined()
      expect(why).not.toBe('')
    }
  })
})
