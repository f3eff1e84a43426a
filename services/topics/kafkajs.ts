// What kafkajs 2.2.4 gets wrong, put right in one place. The package is no longer maintained and its consumer is still the fastest
// among the Node clients, so each repair below names the line of kafkajs/src that it is about. Nothing here decides anything about logs.
import { createRequire } from 'node:module'
import net from 'node:net'
import tls from 'node:tls'
import kafkajs, { type ISocketFactory, type PartitionAssigner } from 'kafkajs'
import { sleep } from '../platform/lifecycle.ts'
import { isReadHere, readBatches } from './fetched-records.ts'
import type { Commit, ConsumerGroup, DecodeMessages, Generation, Group, GroupHooks, TopicPartition } from './kafkajs-types.ts'

export type { FetchedBatch, Generation, Group, GroupHooks } from './kafkajs-types.ts'

const load = createRequire(import.meta.url)

// ---- Consumer groups ----

/** By the cluster object of a consumer: the one thing that its assigner and its group both know. */
const hooksOf = new WeakMap<object, GroupHooks>()

/** The round-robin assigner, which registers the hooks of the consumer that it is made for. */
export function assignerWithHooks(hooks: GroupHooks): PartitionAssigner {
  return (config) => {
    hooksOf.set(config.cluster, hooks)
    return kafkajs.PartitionAssigners.roundRobin(config)
  }
}

/** Joins under way. */
const joins = new WeakMap<object, Promise<void>>()

/** A fetch that failed because a broker is away is asked again after this long. */
const FETCH_AGAIN_MS = 200

const LEADER_MOVED = new Set([
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
])
const COORDINATOR_MOVED = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'REQUEST_TIMED_OUT',
])
const UNREACHABLE = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSLockTimeout',
])
const REJOIN = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'])

const typeOf = (error: unknown) => (error as { type?: string }).type ?? ''
const nameOf = (error: unknown) => (error as { name?: string }).name ?? ''

/** The broker that was asked cannot be reached; another one may answer. */
const isUnreachable = (error: unknown) =>
  UNREACHABLE.has(nameOf(error)) || (error as { message?: string }).message === 'Broker not connected'
/** The group is coordinated elsewhere by now, or will be in a moment. */
export const isCoordinatorAway = (error: unknown) => COORDINATOR_MOVED.has(typeOf(error)) || isUnreachable(error)
/** kafkajs joins the group again after such an answer of the coordinator. */
export const isRejoin = (error: unknown) => REJOIN.has(typeOf(error))

/** Asks who coordinates the group now, for heartbeats and for the commits of this generation alike. */
async function findCoordinator(group: Group, generation = group.offsetManager): Promise<void> {
  const found = await group.cluster.findGroupCoordinator({ groupId: group.groupId })
  group.coordinator = found
  if (generation) generation.coordinator = found
}

/**
 * Commits in one attempt, as the member of that generation. kafkajs asks for a group's coordinator at a join and never again
 * (offsetManager/index.js:85), so a coordinator that died would refuse commits for ever: it is asked for after such a failure.
 * Not consumer.commitOffsets (runner.js:449): that one tries again by itself, even after a rebalance, and Kafka accepts from any
 * current member a commit for a partition that is another's by then.
 * @throws what Kafka answered; the next attempt may go to another coordinator
 */
export async function commitOnce(group: Group, generation: Generation, topics: Commit[]): Promise<void> {
  try {
    await generation.commitOffsets({ topics })
  } catch (error) {
    if (isCoordinatorAway(error)) await findCoordinator(group, generation).catch(() => {}) // the next attempt asks again
    throw error
  }
}

/** Tells the coordinator that the member lives, whatever it answers: while a member brings its work home, nothing else does. */
export async function beat({ groupId, memberId, generationId, coordinator }: Group): Promise<void> {
  await coordinator?.heartbeat({ groupId, memberId, groupGenerationId: generationId }).catch(() => {})
}

function repairGroups(): void {
  const { prototype } = load('kafkajs/src/consumer/consumerGroup.js') as { prototype: ConsumerGroup }
  const { joinAndSync, heartbeat, fetch, recoverFromFetch, recoverFromOffsetOutOfRange } = prototype
  Object.assign(prototype, {
    // consumerGroup.js:255: called by the runner, by the idle heartbeat and by the failed fetch of each broker alike, and no event tells
    // before it. Two at a time would mix their generations: one join serves all who ask meanwhile.
    joinAndSync(this: ConsumerGroup) {
      const join = async () => {
        await hooksOf.get(this.cluster)?.beforeJoin(this)
        return joinAndSync.call(this)
      }
      const joining = joins.get(this) ?? join().finally(() => joins.delete(this))
      joins.set(this, joining)
      return joining
    },
    // consumerGroup.js:131: heartbeats go to the coordinator of the last join. One that died fails each of them, and kafkajs neither
    // asks for the new one nor joins. The session outlives some missed heartbeats; where it does not, the next one says so.
    // A wall clock that was set back would keep heartbeats from being due for as long as the step. A join whose second half failed
    // leaves a member whose heartbeats are fine and whose commits are refused for ever: it has to join again.
    async heartbeat(this: ConsumerGroup, options: { interval: number }) {
      if (this.lastRequest > Date.now()) this.lastRequest = 0
      if (this.offsetManager && this.offsetManager.generationId !== this.generationId && !joins.has(this))
        throw Object.assign(new Error('joined the group without an assignment'), { type: 'REBALANCE_IN_PROGRESS' })
      try {
        await heartbeat.call(this, options)
      } catch (error) {
        if (!isCoordinatorAway(error)) throw error
        await findCoordinator(this).catch(() => {})
      }
    },
    // runner.js:381: kafkajs steps over what holds no record, and tells no handler and no event from where on that was.
    async fetch(this: ConsumerGroup, nodeId: number) {
      const batches = await fetch.call(this, nodeId)
      for (const batch of batches) {
        if (!batch.isEmptyDueToFiltering()) continue
        const { topic, partition, fetchedOffset } = batch
        const next = Number(batch.lastOffset()) + 1
        hooksOf.get(this.cluster)?.withoutRecords({ topic, partition, from: Number(fetchedOffset), next })
      }
      return batches
    },
    // consumerGroup.js:514: a leader that moved made the whole group join anew, and one unreachable broker ended the fetches of all
    // others until the retrier's next turn, up to 5 s later. New metadata is all that is needed: fetches go by it.
    async recoverFromFetch(this: ConsumerGroup, error: Error) {
      if (!LEADER_MOVED.has(typeOf(error)) && !isUnreachable(error)) return recoverFromFetch.call(this, error)
      await this.cluster.refreshMetadata().catch(() => {}) // asked for again by the next fetch that fails
      await sleep(FETCH_AGAIN_MS)
    },
    // consumerGroup.js:553: kafkajs would commit -2 without metadata (the account is lost) and go to the log's beginning in silence.
    async recoverFromOffsetOutOfRange(this: ConsumerGroup, error: Error & TopicPartition) {
      const hooks = hooksOf.get(this.cluster)
      if (!hooks) return recoverFromOffsetOutOfRange.call(this, error)
      const { topic, partition } = error
      const followers = this.preferredReadReplicasPerTopicPartition[topic]
      if (followers?.[partition] !== undefined) {
        delete followers[partition] // the follower in this rack may lag behind: the leader is asked
        return
      }
      this.pause([{ topic, partitions: [partition] }])
      hooks.outOfRange({ topic, partition })
    },
  })
}

/**
 * fetchManager.js:71: where a broker comes or goes just when a consumer stops, kafkajs begins new fetchers. They fetch nothing, wait for
 * nothing and never end, so that the whole process hangs. A fetch after the stop ends its fetcher, and with that the stop goes on.
 */
function endFetchersOfTheStopped(): void {
  const { prototype } = load('kafkajs/src/consumer/runner.js') as { prototype: { fetch: (nodeId: number) => Promise<unknown> } }
  const { fetch } = prototype
  prototype.fetch = async function (this: { running: boolean }, nodeId) {
    if (!this.running) throw new Error('the consumer has stopped')
    return fetch.call(this as never, nodeId)
  }
}

// ---- Connections ----

type RequestQueue = {
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  pending: unknown[]
  checkPendingRequests(): void
}

/**
 * network/requestQueue/index.js:308 (issue 1751): an idle request queue calls setTimeout with a negative time, which Node 24 warns of
 * and treats as 1 ms, so it wakes about 870 times a second for ever. Here the queue sleeps unless something is pending.
 */
function stillIdleQueues(): void {
  const { prototype } = load('kafkajs/src/network/requestQueue/index.js') as { prototype: object }
  Object.assign(prototype, {
    scheduleCheckPendingRequests(this: RequestQueue) {
      if (this.throttleCheckTimeoutId || this.pending.length === 0) return
      const throttledFor = this.throttledUntil - Date.now()
      this.throttleCheckTimeoutId = setTimeout(
        () => {
          this.throttleCheckTimeoutId = null
          this.checkPendingRequests()
        },
        throttledFor > 0 ? throttledFor : 10,
      )
    },
  })
}

const IPV6_SUFFIX = '.ipv6-literal'
const KEEP_ALIVE_MS = 60_000

/**
 * cluster/connectionPoolBuilder.js:92 splits a broker's address at its first colon. An address such as [::1]:9092 goes through it as
 * `--1.ipv6-literal:9092` and is made an address again where the socket is opened.
 */
export const seedBroker = (broker: string): string =>
  broker.replace(/^\[([0-9a-z:.%]+)\]/i, (_, address: string) => `${address.replaceAll(':', '-')}${IPV6_SUFFIX}`)

const hostOf = (host: string) =>
  host.endsWith(IPV6_SUFFIX) ? host.slice(0, -IPV6_SUFFIX.length).replaceAll('-', ':') : host.replace(/^\[(.+)\]$/, '$1')

/** As kafkajs' own, with addresses of IPv6. */
export const socketFactory: ISocketFactory = ({ host: given, port, ssl, onConnect }) => {
  const host = hostOf(given)
  const servername = net.isIP(host) ? {} : { servername: host }
  const socket = ssl
    ? tls.connect({ host, port, ...servername, ...(ssl as tls.ConnectionOptions) }, onConnect)
    : net.connect({ host, port }, onConnect)
  return socket.setKeepAlive(true, KEEP_ALIVE_MS)
}

// ---- Records ----

/**
 * protocol/requests/fetch/v4/decodeMessages.js:14 is slow, reads no codec but gzip, and says nothing of offsets that compaction emptied,
 * which kafkajs then asks for for ever. It is loaded with the first fetch, which finds ours in its place.
 */
function readRecords(): void {
  const place = load.resolve('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js')
  const decodeMessages = load(place) as DecodeMessages
  const ours: DecodeMessages = async (decoder) => {
    const from = decoder.offset
    const bytes = decoder.readBytes() ?? Buffer.alloc(0)
    if (bytes.length === 0 || isReadHere(bytes)) return readBatches(bytes)
    decoder.offset = from
    return decodeMessages(decoder)
  }
  ;(load.cache[place] as NodeJS.Module).exports = ours
}

repairGroups()
readRecords()
endFetchersOfTheStopped()
stillIdleQueues()
