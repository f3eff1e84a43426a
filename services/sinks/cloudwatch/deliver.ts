// PutLogEvents through the AWS SDK: one attempt. Group and stream are created where they are absent.
import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogStreamsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import type { Settings } from '../../platform/settings.ts'
import type { Connection, Outcome } from '../runtime/contract.ts'
import { discreet, wordsOfAnswer } from '../runtime/outcome.ts'
import { createClient } from './client.ts'
import { ForeignAnswer, outcomeOfAws, outcomeOfRefusals } from './judge.ts'
import { fields } from './settings.ts'
import { isTemplate, type LogLine, toEachStream } from './streams.ts'

/** Connects at the first call. A call to several streams is one delivery, see `toEachStream`. */
export async function connect(settings: Settings<typeof fields>): Promise<Connection<LogLine>> {
  const { group: logGroupName, retentionDays: retentionInDays, kmsKeyId } = settings
  const client = await createClient(settings)
  /** The group is of our making and keeps its events for ever yet. */
  let retentionIsDue = false

  /** It may have come to exist meanwhile; a group that was there keeps its own retention and key. */
  async function createGroup(abortSignal?: AbortSignal): Promise<void> {
    const group = new CreateLogGroupCommand({ logGroupName, ...(kmsKeyId ? { kmsKeyId } : {}) })
    const isNew = await client.send(group, { abortSignal }).then(() => true, unlessThere)
    retentionIsDue ||= isNew && retentionInDays > 0
    if (retentionIsDue) await client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }), { abortSignal })
    retentionIsDue = false
  }

  async function create(logStreamName: string, abortSignal?: AbortSignal): Promise<void> {
    await createGroup(abortSignal)
    await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }), { abortSignal }).catch(unlessThere)
  }

  /** The SDK signs and sends; the body is ours: its own writer goes through every character in JavaScript, a sixth of a sink's CPU. */
  async function put(logStreamName: string, lines: LogLine[], abortSignal: AbortSignal): Promise<Outcome> {
    const logEvents = lines[0].stream === undefined ? lines : lines.map(({ timestamp, message }) => ({ timestamp, message }))
    const command = new PutLogEventsCommand({ logGroupName, logStreamName, logEvents: [] })
    command.middlewareStack.add(
      (next) => (args) => {
        // Bytes, for a text would be turned into them twice: to be hashed and to be sent.
        const body = Buffer.from(JSON.stringify({ logGroupName, logStreamName, logEvents }))
        Object.assign(args.request as object, { body })
        return next(args)
      },
      { step: 'build', priority: 'high' }, // before its length is counted and its hash signed
    )
    const { rejectedLogEventsInfo } = await client.send(command, { abortSignal })
    return rejectedLogEventsInfo ? outcomeOfRefusals(rejectedLogEventsInfo, lines.length) : { kind: 'delivered' }
  }

  async function deliverTo(stream: string, lines: LogLine[], signal: AbortSignal): Promise<Outcome> {
    try {
      return await put(stream, lines, signal)
    } catch (error) {
      if ((error as Error).name !== 'ResourceNotFoundException' || !settings.create) return outcomeOfAws(error, 'put')
    }
    try {
      await create(stream, signal)
    } catch (error) {
      return outcomeOfAws(error, 'create')
    }
    return put(stream, lines, signal).catch((error: unknown) => outcomeOfAws(error, 'put'))
  }

  /** The name is a template: which stream it is, each event tells. */
  const isOfEvents = isTemplate(settings.stream)
  const deliver = isOfEvents ? toEachStream(deliverTo) : deliverTo.bind(undefined, settings.stream)

  async function check(): Promise<void> {
    const { stream } = settings
    const prefix = isOfEvents ? {} : { logStreamNamePrefix: stream }
    const found = await client.send(new DescribeLogStreamsCommand({ logGroupName, ...prefix })).catch((error: Error) => {
      if (error.name === 'ResourceNotFoundException') return undefined
      throw error
    })
    if (found && (isOfEvents || found.logStreams?.some(({ logStreamName }) => logStreamName === stream))) return
    if (!settings.create)
      throw new Error(`log stream ${logGroupName}/${stream} does not exist: create it, or set CLOUDWATCH_CREATE=true`)
    await (isOfEvents ? createGroup() : create(stream))
  }

  return discreet(
    {
      deliver,
      check: () =>
        check().catch((error: unknown) => {
          throw error instanceof ForeignAnswer ? new Error(`no answer of AWS: ${wordsOfAnswer(error.answer)}`) : error
        }),
      close: async () => client.destroy(),
    },
    fields,
    settings,
  )
}

function unlessThere(error: Error): false {
  if (error.name !== 'ResourceAlreadyExistsException') throw error
  return false
}
