// Settings rows: what is read, what is refused, and that no secret is ever told.
import { describe, expect, test } from 'vitest'
import { SettingsError } from '../../services/platform/errors.ts'
import {
  boolean,
  checkSettings,
  choice,
  type Environment,
  type Field,
  integer,
  list,
  showFields,
  parsed,
  readSettings,
  text,
} from '../../services/platform/settings.ts'

const fields = {
  key: text('SEGMENT_KEY', 'Write key of the source', { required: true, secret: true }),
  host: text('SEGMENT_HOST', 'Where Segment is', { default: 'https://api.segment.io' }),
  level: integer('SEGMENT_LOG_LEVEL', 'Least level', { also: ['LOG_LEVEL'], default: 1, min: 0, max: 4 }),
  batch: integer('SEGMENT_BATCH_SIZE', 'Events a batch', { default: 100, min: 1 }),
  success: boolean('SLACK_SEND_SUCCESS', 'Report successes too', { default: false }),
  mode: choice('LOG_FILTER_MODE', 'How two rules go together', ['all', 'any'], { default: 'all' }),
  types: list('LOG_TYPES', 'Codes that pass'),
}
const read = (env: Environment) => readSettings(fields, { SEGMENT_KEY: 'k', ...env })
const problems = (env: Environment, related?: string[]) => checkSettings(fields, env, related).problems
const lines = (env: Environment, related?: string[]) =>
  problems({ SEGMENT_KEY: 'k', ...env }, related).map((p) => `${p.setting} ${p.problem}`)

describe('readSettings', () => {
  test('nothing but what is required - gives the defaults', () => {
    expect(read({})).toEqual({
      key: 'k',
      host: 'https://api.segment.io',
      level: 1,
      batch: 100,
      success: false,
      mode: 'all',
      types: [],
    })
  })

  test.each(['', ' ', '\t'])('value %j - counts as not set', (blank) => {
    expect(
      read({ SEGMENT_HOST: blank, LOG_LEVEL: blank, LOG_TYPES: blank, LOG_FILTER_MODE: blank, SLACK_SEND_SUCCESS: blank }),
    ).toEqual(read({}))
    expect(problems({ SEGMENT_KEY: blank })).toEqual([{ setting: 'SEGMENT_KEY', problem: 'is missing: Write key of the source' }])
  })

  test('values - are trimmed', () => {
    expect(read({ SEGMENT_HOST: ' http://x ', LOG_LEVEL: ' 2 ' })).toMatchObject({ host: 'http://x', level: 2 })
  })

  test('all problems - come at once, one a line', () => {
    const env = { LOG_LEVEL: '5', SEGMENT_BATCH_SIZE: 'many', SLACK_SEND_SUCCESS: 'maybe', LOG_FILTER_MODE: 'both' }
    let error: unknown
    try {
      readSettings(fields, env)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(SettingsError)
    expect((error as SettingsError).message.split('\n')).toEqual([
      'SEGMENT_KEY: is missing: Write key of the source',
      'LOG_LEVEL: must be a whole number from 0 to 4, not "5"',
      'SEGMENT_BATCH_SIZE: must be a whole number of 1 or more, not "many"',
      'SLACK_SEND_SUCCESS: must be true or false, not "maybe"',
      'LOG_FILTER_MODE: must be one of all, any, not "both"',
    ])
  })
})

describe('rows', () => {
  test.each(['-1', '5', '1.5', '1e0', '0x1', '2,3', '99999999999999999999', '٣'])('integer %j - is a problem', (level) => {
    expect(lines({ LOG_LEVEL: level })).toEqual([expect.stringContaining('LOG_LEVEL must be a whole number from 0 to 4, not "')])
  })

  test.each([
    ['true', true],
    ['TRUE', true],
    ['1', true],
    ['yes', true],
    ['on', true],
    ['false', false],
    ['0', false],
    ['No', false],
    ['off', false],
  ])('boolean %s - is %s', (value, expected) => expect(read({ SLACK_SEND_SUCCESS: value }).success).toBe(expected))

  test('choice - is read in any case and given as its row writes it', () => {
    expect(read({ LOG_FILTER_MODE: 'ANY' }).mode).toBe('any')
    const row = choice('KAFKA_SASL_MECHANISM', 'How to sign in', ['plain', 'SCRAM-SHA-256'], { default: 'plain' })
    expect(readSettings({ row }, { KAFKA_SASL_MECHANISM: 'scram-sha-256' }).row).toBe('SCRAM-SHA-256')
  })

  test('list - is trimmed, without empty entries', () => {
    expect(read({ LOG_TYPES: ' s, ,f,,' }).types).toEqual(['s', 'f'])
  })

  test("checks - a row's own check is a problem like others", () => {
    const own = {
      url: text('SEGMENT_URL', 'Where', { check: (v) => (v.startsWith('http') ? undefined : 'must begin with http') }),
      codes: list('SEGMENT_CODES', 'Which', { check: (v) => (v.length > 1 ? 'must be one code' : undefined) }),
      time: parsed('SEGMENT_TIME', 'When', (v) => (v === 'now' ? { value: 0 } : { problem: 'must be now' })),
    }
    expect(checkSettings(own, { SEGMENT_URL: 'ftp:', SEGMENT_CODES: 'a,b', SEGMENT_TIME: 'then' }).problems).toEqual([
      { setting: 'SEGMENT_URL', problem: 'must begin with http, not "ftp:"' },
      { setting: 'SEGMENT_CODES', problem: 'must be one code, not "a,b"' },
      { setting: 'SEGMENT_TIME', problem: 'must be now, not "then"' },
    ])
  })

  test('a long value - is cut in the message', () => {
    expect(lines({ LOG_FILTER_MODE: 'x'.repeat(500) })[0].length).toBeLessThan(120)
  })
})

describe('names', () => {
  test('prefixed name - wins over the bare one', () => {
    expect(read({ SEGMENT_LOG_LEVEL: '3', LOG_LEVEL: '2' }).level).toBe(3)
    expect(read({ LOG_LEVEL: '2' }).level).toBe(2)
    expect(read({ SEGMENT_LOG_LEVEL: ' ', LOG_LEVEL: '2' }).level).toBe(2)
  })

  test('problem - is told of the name that was set', () => {
    expect(lines({ SEGMENT_LOG_LEVEL: '7', LOG_LEVEL: '2' })).toEqual([expect.stringMatching(/^SEGMENT_LOG_LEVEL /)])
    expect(lines({ LOG_LEVEL: '7' })).toEqual([expect.stringMatching(/^LOG_LEVEL /)])
  })

  test.each([
    ['LOG_TYPE', 'LOG_TYPES'],
    ['LOG_TPYES', 'LOG_TYPES'],
    ['LOG_FITLER_MODE', 'LOG_FILTER_MODE'],
    ['SEGMENT_BATCHSIZE', 'SEGMENT_BATCH_SIZE'],
    ['SLACK_SEND_SUCESS', 'SLACK_SEND_SUCCESS'],
    ['SLACK_SNED_SUCESS', 'SLACK_SEND_SUCCESS'],
    ['LOG_TIPE', 'LOG_TYPES'],
  ])('%s - asks: did you mean %s?', (given, meant) => {
    expect(lines({ [given]: 'x' })).toEqual([`${given} is not a setting: did you mean ${meant}?`])
  })

  test('required setting under a misspelt name - is one problem that tells both', () => {
    expect(problems({ SEGMENT_KYE: 'hunter2' })).toEqual([
      { setting: 'SEGMENT_KEY', problem: 'is missing: Write key of the source (SEGMENT_KYE is set: did you mean SEGMENT_KEY?)' },
    ])
  })

  test.each(['PATH', 'HOME', 'SEGMENT_REGION', 'LOGTYPES', 'npm_config_cache'])('%s - belongs to others', (name) => {
    expect(lines({ [name]: 'x' })).toEqual([])
  })

  test("a name of another service's rows - is no misspelling", () => {
    expect(lines({ SEGMENT_POST: '1' })).toHaveLength(1)
    expect(lines({ SEGMENT_POST: '1' }, ['SEGMENT_POST'])).toEqual([])
  })

  test('a misspelt name without a value - is not set, so nothing is said', () => {
    expect(lines({ LOG_TYPE: '' })).toEqual([])
  })
})

describe('what Kubernetes puts into a pod for a Service of the same name', () => {
  const rows = {
    port: integer('INGEST_PORT', 'Port of the webhook', { default: 8080, max: 65_535 }),
    sinkPort: integer('PAPERTRAIL_PORT', 'Port of the receiver', { required: true }),
  }
  const of = (name: string, port: number) => ({
    [`${name}_PORT`]: `tcp://10.96.0.12:${port}`,
    [`${name}_SERVICE_HOST`]: '10.96.0.12',
    [`${name}_SERVICE_PORT`]: String(port),
    [`${name}_SERVICE_PORT_HTTP`]: String(port),
    [`${name}_PORT_${port}_TCP`]: `tcp://10.96.0.12:${port}`,
    [`${name}_PORT_${port}_TCP_PROTO`]: 'tcp',
    [`${name}_PORT_${port}_TCP_PORT`]: String(port),
    [`${name}_PORT_${port}_TCP_ADDR`]: '10.96.0.12',
  })

  test('is no setting: the default is in force, and a line says so', () => {
    const { settings, problems, notes } = checkSettings(rows, { ...of('INGEST', 8080), PAPERTRAIL_PORT: '514' })
    expect([settings, problems]).toEqual([{ port: 8080, sinkPort: 514 }, []])
    expect(notes).toEqual([expect.stringMatching(/^INGEST_PORT holds an address .*enableServiceLinks: false/)])
    expect(showFields(rows, of('INGEST', 8080))[0].value).toBe('')
  })

  test('a setting that is needed is missing, and the reason is named', () => {
    const { problems } = checkSettings(rows, of('PAPERTRAIL', 514))
    expect(problems).toEqual([
      { setting: 'PAPERTRAIL_PORT', problem: expect.stringMatching(/^is missing: .*enableServiceLinks/) },
    ])
  })

  test.each(['INGEST', 'INGESTS', 'INGES', 'INGEST_A', 'PAPERTRAIL'])('Service %s - is no misspelling of anything', (name) => {
    expect(checkSettings({ port: rows.port }, of(name, 8080)).problems).toEqual([])
  })

  test.each(['udp://10.0.0.1:514', 'TCP://[fd00::1]:8080'])('%s - is an address too', (INGEST_PORT) =>
    expect(checkSettings({ port: rows.port }, { INGEST_PORT }).problems).toEqual([]),
  )

  test.each(['http://10.0.0.1:8080', 'tcp://10.0.0.1', '80a'])('%s - is a wrong value', (INGEST_PORT) =>
    expect(checkSettings({ port: rows.port }, { INGEST_PORT }).problems.length).toBe(1),
  )
})

describe('secrets', () => {
  const never = 'hunter2-and-more'
  const secret = { secret: true } as const
  const rows: Record<string, Field> = {
    text: text('SINK_TEXT', 'A', { ...secret, check: () => 'must be longer' }),
    integer: integer('SINK_INTEGER', 'B', secret),
    boolean: boolean('SINK_BOOLEAN', 'C', secret),
    choice: choice('SINK_CHOICE', 'D', ['a', 'b'], secret),
    list: list('SINK_LIST', 'E', { ...secret, check: () => 'must be shorter' }),
    parsed: parsed('SINK_PARSED', 'F', () => ({ problem: 'must be a key' }), secret),
  }

  test.each(Object.keys(rows))('%s - its value is in no message', (kind) => {
    const row = rows[kind]
    const [problem] = checkSettings({ row }, { [row.names[0]]: never }).problems
    expect(problem.setting).toBe(row.names[0])
    expect(problem.problem).toMatch(/^must be/)
    expect(JSON.stringify(problem)).not.toContain(never)
  })

  test('misspelt secret - its value is in no message', () => {
    expect(JSON.stringify(problems({ SEGMENT_KEYY: never }))).not.toContain(never)
  })

  test('showFields - shows every row with what is set, secrets as stars', () => {
    const shown = showFields(fields, { SEGMENT_KEY: never, LOG_LEVEL: ' 2 ', LOG_TYPES: ' ', OTHER: 'x' })
    expect(shown.map(({ name }) => name)).toEqual(Object.values(fields).map(({ names }) => names[0]))
    const given = shown.filter(({ value }) => value !== '').map(({ name, value }) => [name, value])
    expect(Object.fromEntries(given)).toEqual({ SEGMENT_KEY: '***', SEGMENT_LOG_LEVEL: '2' })
    expect(JSON.stringify(shown)).not.toContain(never)
  })
})
