// The CloudWatch stand-in, as AWS's own client meets it.
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { expect, onTestFinished, test } from 'vitest'
import { type CloudWatchOptions, start as startCloudWatch } from '../../../../services/sinks/cloudwatch/stand-in/start.ts'

const DAY_MS = 86_400_000
const where = { logGroupName: '/auth0/logs', logStreamName: 'main' }
const groups = [{ name: where.logGroupName, streams: [where.logStreamName] }]

async function start(options: CloudWatchOptions = { groups }) {
  const cloudwatch = await startCloudWatch(options)
  const client = new CloudWatchLogsClient({
    region: 'eu-central-1',
    endpoint: cloudwatch.origin,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
    maxAttempts: 1,
  })
  onTestFinished(async () => {
    client.destroy()
    await cloudwatch.close()
  })
  const put = (...events: [id: string, timestamp: number][]) =>
    client.send(
      new PutLogEventsCommand({ ...where, logEvents: events.map(([id, timestamp]) => ({ timestamp, message: message(id) })) }),
    )
  return { cloudwatch, client, put }
}

const inMain = { logGroupName: where.logGroupName, logStreamNames: [where.logStreamName] }
const message = (id: string) => `{"type":"s","log_id":"${id}"}`
const named = (name: string, httpStatusCode = 400) => ({ name, $metadata: { httpStatusCode } })

test('CloudWatch - takes events and keeps them with their log_id, time and text', async () => {
  const { cloudwatch, put } = await start({ groups, countIds: true })
  const now = Date.now()
  expect((await put(['1', now - 1], ['2', now])).rejectedLogEventsInfo).toBeUndefined()
  await put(['2', now])
  expect(cloudwatch.received).toMatchObject({ total: 3, unique: 2, requests: 2 })
  expect(cloudwatch.received.last(1)).toEqual([{ id: '2', time: now, text: message('2'), fields: where }])
})

test('CloudWatch - knows no group or stream until they are made, and makes them once', async () => {
  const { client, put } = await start({})
  const group = new CreateLogGroupCommand(where)
  const stream = new CreateLogStreamCommand(where)
  await expect(put(['1', Date.now()])).rejects.toMatchObject({
    ...named('ResourceNotFoundException'),
    message: expect.stringContaining('group'),
  })
  await expect(client.send(stream)).rejects.toMatchObject(named('ResourceNotFoundException'))
  await expect(client.send(new DescribeLogStreamsCommand(where))).rejects.toMatchObject(named('ResourceNotFoundException'))
  await client.send(group)
  await expect(client.send(group)).rejects.toMatchObject(named('ResourceAlreadyExistsException'))
  await expect(put(['1', Date.now()])).rejects.toMatchObject({
    ...named('ResourceNotFoundException'),
    message: expect.stringContaining('stream'),
  })
  await client.send(stream)
  await expect(client.send(stream)).rejects.toMatchObject(named('ResourceAlreadyExistsException'))
  await put(['1', Date.now()])
})

test('CloudWatch - refuses names that are not allowed', async () => {
  const { client } = await start()
  const badGroup = new CreateLogGroupCommand({ logGroupName: 'a b' })
  const badStream = new CreateLogStreamCommand({ ...where, logStreamName: 'a:b' })
  await expect(client.send(badGroup)).rejects.toMatchObject(named('InvalidParameterException'))
  await expect(client.send(badStream)).rejects.toMatchObject(named('InvalidParameterException'))
})

test('CloudWatch - lists groups and streams by prefix and in pages', async () => {
  const { client } = await start({ groups: [...groups, { name: 'other' }, { name: where.logGroupName + 2, retentionDays: 3 }] })
  const found = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: where.logGroupName }))
  expect(found.logGroups?.map(({ logGroupName, retentionInDays }) => [logGroupName, retentionInDays])).toEqual([
    [where.logGroupName, undefined],
    [`${where.logGroupName}2`, 3],
  ])
  await client.send(new CreateLogStreamCommand({ ...where, logStreamName: 'main-2' }))
  const first = await client.send(new DescribeLogStreamsCommand({ ...where, logStreamNamePrefix: 'main', limit: 1 }))
  const second = await client.send(new DescribeLogStreamsCommand({ ...where, limit: 1, nextToken: first.nextToken }))
  const names = [first, second].map(({ logStreams }) => logStreams?.map(({ logStreamName }) => logStreamName))
  expect([...names, second.nextToken]).toEqual([['main'], ['main-2'], undefined])
})

test('CloudWatch - refuses a whole call that breaks a rule, and keeps nothing of it', async () => {
  const { cloudwatch, put } = await start()
  const now = Date.now()
  await expect(put(['1', now], ['2', now - 1])).rejects.toMatchObject({
    ...named('InvalidParameterException'),
    message: 'Log events in a single PutLogEvents request must be in chronological order.',
  })
  expect(cloudwatch.received).toMatchObject({ total: 0, counts: { rejected: 1 } })
})

test('CloudWatch - answers 200 and names what is too old, expired and too new', async () => {
  const { cloudwatch, put } = await start({ groups: [{ ...groups[0], retentionDays: 10 }] })
  const now = Date.now()
  const old = await put(['a', now - 14 * DAY_MS - 60_000], ['b', now - 14 * DAY_MS + 60_000])
  expect(old.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2 })
  const early = await put(['c', now], ['d', now + 7_260_000])
  expect(early.rejectedLogEventsInfo).toEqual({ tooNewLogEventStartIndex: 1 })
  expect(cloudwatch.received.last().map(({ id }) => id)).toEqual(['c'])
  expect(cloudwatch.received.counts).toEqual({ 'refused.too_old': 1, 'refused.expired': 1, 'refused.too_new': 1 })
  expect(cloudwatch.received.refused().map(({ id, why }) => `${id} ${why}`)).toEqual(['d too_new', 'b expired', 'a too_old'])
})

test('CloudWatch - wants a signature in the form of AWS, from a key it knows', async () => {
  const { cloudwatch, put } = await start({ groups, accessKeyIds: ['AKIAOTHER'] })
  await expect(put(['1', Date.now()])).rejects.toMatchObject(named('UnrecognizedClientException'))
  const post = async (headers: Record<string, string>) => {
    const response = await fetch(cloudwatch.origin, { method: 'POST', body: '{}', headers })
    return [response.status, ((await response.json()) as { __type: string }).__type]
  }
  expect(await post({})).toEqual([400, 'MissingAuthenticationTokenException'])
  expect(await post({ authorization: 'AWS4-HMAC-SHA256 nonsense' })).toEqual([400, 'IncompleteSignatureException'])
})

test.each([
  ['429', 'ThrottlingException', 400],
  ['500', 'ServiceUnavailableException', 500],
  ['503', 'ServiceUnavailableException', 503],
  ['401', 'AccessDeniedException', 400],
  ['403', 'AccessDeniedException', 400],
] as const)('CloudWatch - shows the fault %s as %s', async (fault, name, status) => {
  const { cloudwatch, put } = await start()
  cloudwatch.misbehave(fault, 1)
  await expect(put(['1', Date.now()])).rejects.toMatchObject(named(name, status))
  await put(['1', Date.now()])
  expect(cloudwatch.received).toMatchObject({ total: 1, counts: { faults: 1 } })
})

test('CloudWatch - rejects the calls that hold a marked event, and only those', async () => {
  const { cloudwatch, put } = await start()
  const now = Date.now()
  cloudwatch.misbehave({ fault: 'reject', marker: '13' })
  await expect(put(['12', now], ['13', now])).rejects.toMatchObject(named('InvalidParameterException'))
  await put(['12', now])
  await expect(put(['13', now])).rejects.toMatchObject(named('InvalidParameterException'))
  expect(cloudwatch.received.total).toBe(1)
})

test('CloudWatch - refuses part of a call: the first of every n as too old, or from a marked one on as too new', async () => {
  const { cloudwatch, put } = await start()
  const now = Date.now()
  const call = () => put(['1', now], ['2', now], ['3', now], ['4', now])
  cloudwatch.misbehave({ fault: 'partial', every: 4, times: 1 })
  expect((await call()).rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1 })
  cloudwatch.misbehave({ fault: 'partial', marker: '3', times: 1 })
  expect((await call()).rejectedLogEventsInfo).toEqual({ tooNewLogEventStartIndex: 2 })
  expect((await call()).rejectedLogEventsInfo).toBeUndefined()
  expect(cloudwatch.received).toMatchObject({ total: 3 + 2 + 4, counts: { 'refused.too_old': 1, 'refused.too_new': 2 } })
})

test('CloudWatch - is as just started after reset', async () => {
  const { cloudwatch, client, put } = await start()
  await client.send(new CreateLogGroupCommand({ logGroupName: 'more' }))
  await put(['1', Date.now()])
  cloudwatch.misbehave('503')
  cloudwatch.reset()
  expect(cloudwatch.received).toMatchObject({ total: 0, requests: 0 })
  const { logGroups } = await client.send(new DescribeLogGroupsCommand({}))
  expect(logGroups?.map(({ logGroupName }) => logGroupName)).toEqual([where.logGroupName])
})

test('CloudWatch - keeps the key and the retention of a group, of the days that AWS allows', async () => {
  const { client } = await start({})
  await client.send(new CreateLogGroupCommand({ ...where, kmsKeyId: 'arn:aws:kms:eu-central-1:1:key/1' }))
  await client.send(new PutRetentionPolicyCommand({ ...where, retentionInDays: 30 }))
  const { logGroups } = await client.send(new DescribeLogGroupsCommand({}))
  expect(logGroups).toMatchObject([{ retentionInDays: 30, kmsKeyId: 'arn:aws:kms:eu-central-1:1:key/1' }])
  const refused = client.send(new PutRetentionPolicyCommand({ ...where, retentionInDays: 31 }))
  await expect(refused).rejects.toMatchObject(named('InvalidParameterException'))
  const nowhere = client.send(new PutRetentionPolicyCommand({ logGroupName: 'other', retentionInDays: 30 }))
  await expect(nowhere).rejects.toMatchObject(named('ResourceNotFoundException'))
})

test('CloudWatch - refuses names against its patterns in PutLogEvents too, by the name of the parameter', async () => {
  const { client } = await start()
  for (const [name, value] of Object.entries({ logGroupName: 'a b', logStreamName: 'auth0:prod/2026' })) {
    const put = new PutLogEventsCommand({ ...where, [name]: value, logEvents: [{ timestamp: Date.now(), message: 'm' }] })
    await expect(client.send(put)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining(`Value '${value}' at '${name}' failed to satisfy constraint`),
    })
  }
})

test('CloudWatch - finds events by stream and time, both ends included, in order of time', async () => {
  const { client, put } = await start()
  const now = Date.now()
  await put(['a', now - 3], ['b', now - 2], ['c', now - 2], ['d', now - 1])
  const found = await client.send(new FilterLogEventsCommand({ ...inMain, startTime: now - 2, endTime: now - 1 }))
  expect(found.events?.map(({ message, timestamp }) => [message, timestamp])).toEqual([
    [message('b'), now - 2],
    [message('c'), now - 2],
    [message('d'), now - 1],
  ])
  expect(found.nextToken).toBeUndefined()
})

test('CloudWatch - pages what it finds by number, and a token is of its question only', async () => {
  const { client, put } = await start()
  const now = Date.now()
  await put(['a', now - 2], ['b', now - 1])
  const question = { ...inMain, startTime: 0, endTime: now }
  const first = await client.send(new FilterLogEventsCommand({ ...question, limit: 1 }))
  expect(first.events?.length).toBe(1)
  const { nextToken } = first
  const second = await client.send(new FilterLogEventsCommand({ ...question, limit: 1, nextToken }))
  expect([second.events?.[0].message, second.nextToken]).toEqual([message('b'), undefined])
  const other = client.send(new FilterLogEventsCommand({ ...question, startTime: 1, nextToken }))
  await expect(other).rejects.toMatchObject(named('InvalidParameterException'))
})

test.each([
  ['an end before the start', { startTime: 2, endTime: 1 }, 'InvalidParameterException'],
  ['more than 10,000 events a page', { limit: 10_001 }, 'InvalidParameterException'],
  ['no stream', { logStreamNames: [] }, 'InvalidParameterException'],
  ['more than 100 streams', { logStreamNames: Array.from({ length: 101 }, (_, n) => `s${n}`) }, 'InvalidParameterException'],
  ['a stream that does not exist', { logStreamNames: ['nowhere'] }, 'ResourceNotFoundException'],
  ['a group that does not exist', { logGroupName: 'nowhere' }, 'ResourceNotFoundException'],
])('CloudWatch - does not look for %s', async (_, wrong, name) => {
  const { client } = await start()
  await expect(client.send(new FilterLogEventsCommand({ ...inMain, ...wrong }))).rejects.toMatchObject(named(name))
})

test('CloudWatch - looks five times a second and no oftener', async () => {
  const { client } = await start()
  const look = () => client.send(new FilterLogEventsCommand(inMain))
  const answers = await Promise.allSettled(Array.from({ length: 6 }, look))
  const refused = answers.filter(({ status }) => status === 'rejected')
  expect(refused).toMatchObject([{ reason: named('ThrottlingException') }])
})
