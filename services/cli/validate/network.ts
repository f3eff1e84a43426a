// What only the others can tell: Kafka and its topics, the Auth0 tenant and its log stream.
import { type HttpStream, openAuth0 } from '../../auth0/client.ts'
import { auth0Fields } from '../../auth0/fields.ts'
import { Auth0Problem } from '../../auth0/problem.ts'
import { errorText, type Problem } from '../../platform/errors.ts'
import { within } from '../../platform/lifecycle.ts'
import { createLogger } from '../../platform/logger.ts'
import { checkSettings, type Environment } from '../../platform/settings.ts'
import { connectKafka, type KafkaClient } from '../../topics/client.ts'
import { inspectTopics, type TopicKind } from '../../topics/create.ts'
import { type KafkaSettings, kafkaFields } from '../../topics/fields.ts'
import { keepsMetadata } from '../../topics/groups.ts'
import { topicNames } from '../../topics/names.ts'

export type Findings = { problems: Problem[]; warnings: string[] }

const KAFKA_MS = 8_000
/** Joining a first group takes a cluster some seconds. */
const METADATA_MS = 25_000
/** An account has less. */
const METADATA_BYTES = 1_023
const NEEDED =
  'ledgers and checkpoints are stored there, and no sink works without them (offset.metadata.max.bytes of the brokers, 4,096 by default)'

/** @param services whose dead-letter topics are looked at: the ingest and sinks */
export async function checkKafka(env: Environment, services: readonly string[]): Promise<Findings> {
  const { settings, problems } = checkSettings(kafkaFields, env)
  if (problems.length > 0) return { problems: [], warnings: [] } // told by their rows
  const client = connectKafka(settings, createLogger('validate', 'silent'), 'auth0-logs-validate')
  const kinds: TopicKind[] = ['events', 'reports', 'control', ...services.map((service) => ({ deadLetters: service }))]
  try {
    const found = await within(inspectTopics(client, kinds), KAFKA_MS, 'the answer')
    const findings = judgeTopics(settings, found)
    const control = topicNames.control(settings.prefix)
    if (found.missing.includes(control)) return findings
    return { ...findings, problems: [...findings.problems, ...(await metadataProblems(client, control))] }
  } catch (error) {
    const problem = `Kafka does not answer at ${settings.brokers.join(', ')}, or refuses: ${errorText(error)}`
    return { problems: [{ setting: 'KAFKA_BROKERS', problem }], warnings: [] }
  }
}

/** Accounts and checkpoints live in the metadata of offset commits: the one thing of Kafka that nothing here works without. */
async function metadataProblems(client: KafkaClient, topic: string): Promise<Problem[]> {
  const setting = 'KAFKA_BROKERS'
  try {
    if (await within(keepsMetadata(client, topic, 'm'.repeat(METADATA_BYTES)), METADATA_MS, 'committing an offset')) return []
    return [
      { setting, problem: `the cluster does not keep the ${METADATA_BYTES} bytes of metadata of an offset commit: ${NEEDED}` },
    ]
  } catch (error) {
    return [{ setting, problem: `an offset with metadata could not be committed (${errorText(error)}): ${NEEDED}` }]
  }
}

function judgeTopics(settings: KafkaSettings, found: Awaited<ReturnType<typeof inspectTopics>>): Findings {
  const { createTopics, replicationFactor, brokers } = settings
  const { missing, differences } = found
  const problems: Problem[] = []
  const warnings = differences.map(
    ({ topic, setting, expected, found: is }) =>
      `topic ${topic}: ${setting} is ${is}, the settings here say ${expected}; the topic is used as it is`,
  )
  if (missing.length > 0 && !createTopics)
    problems.push({ setting: 'KAFKA_CREATE_TOPICS', problem: `is false and topics are missing: create ${missing.join(', ')}` })
  if (missing.length > 0 && replicationFactor > found.brokers)
    problems.push({
      setting: 'KAFKA_REPLICATION_FACTOR',
      problem: `is ${replicationFactor} but ${found.brokers} brokers answer: topics could not be created`,
    })
  const isLocal = brokers.every((broker) => /^(localhost|127\.|\[::1\])/.test(broker))
  if (replicationFactor === 1 && !isLocal)
    warnings.push('KAFKA_REPLICATION_FACTOR is 1: a lost broker disk loses logs; 3 is usual')
  return { problems, warnings }
}

/** Only where AUTH0_DOMAIN, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET are all given. */
export async function checkAuth0(env: Environment, signal: AbortSignal): Promise<Findings> {
  const { settings, problems: unset } = checkSettings(auth0Fields({ required: true }), env)
  if (unset.length > 0) return { problems: [], warnings: [] }
  const auth0 = await openAuth0(settings)
  const problems: Problem[] = []
  const warnings: string[] = []
  const wordsOf = (error: unknown) => {
    if (error instanceof Auth0Problem) return error.message
    throw error
  }
  try {
    await auth0.oldest(signal)
  } catch (error) {
    return { problems: [{ setting: 'AUTH0_CLIENT_ID', problem: wordsOf(error) }], warnings }
  }
  const isReconciled = env.BACKFILL?.trim() === 'reconcile'
  const streams = await auth0.httpStreams(signal).catch((error: unknown) => {
    if (isReconciled) problems.push({ setting: 'AUTH0_CLIENT_ID', problem: wordsOf(error) })
    else warnings.push(`the log stream could not be checked: ${wordsOf(error)}`)
    return undefined
  })
  if (streams) problems.push(...streamProblems(streams, env, warnings))
  return { problems, warnings }
}

/** A stream that does not deliver loses nothing until the tenant's retention passes it, but nobody would know. */
function streamProblems(streams: readonly HttpStream[], env: Environment, warnings: string[]): Problem[] {
  const tokens = (env.INGEST_TOKENS ?? '').split(',').map((token) => token.trim())
  const accepted = ({ sink }: HttpStream) => tokens.includes(sink.httpAuthorization ?? '')
  const wanted = env.AUTH0_LOG_STREAM?.trim() ?? ''
  const named = streams.filter(({ id, name }) => wanted !== '' && (id === wanted || name === wanted))
  if (wanted !== '' && named.length === 0)
    return [{ setting: 'AUTH0_LOG_STREAM', problem: `the tenant has no webhook stream ${JSON.stringify(wanted)}` }]
  if (streams.length === 0) {
    warnings.push('the tenant has no webhook log stream: auth0-logs register creates one')
    return []
  }
  const own = named.length > 0 ? named : streams.length === 1 ? streams : streams.filter(accepted)
  if (own.length === 0) {
    warnings.push(
      `none of the tenant's ${streams.length} webhook streams sends a token of INGEST_TOKENS: is one of them for this ingest?`,
    )
    return []
  }
  return own.flatMap((stream): Problem[] => {
    const { name = '', status } = stream
    return [
      ...(status === 'active'
        ? []
        : [{ setting: 'AUTH0_LOG_STREAM', problem: `the log stream ${JSON.stringify(name)} is ${status}: Auth0 sends nothing` }]),
      ...(accepted(stream)
        ? []
        : [
            {
              setting: 'INGEST_TOKENS',
              problem: `the log stream ${JSON.stringify(name)} sends a token that is not among them: every body would be answered 401`,
            },
          ]),
    ]
  })
}
