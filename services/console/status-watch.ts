// The status of all services, read from Kafka for all pages together: often while somebody looks, seldom otherwise, so that the charts
// have a past when somebody opens them.
import type { Left } from '../operations/left-out.ts'
import { readStatus, type ServiceStatus, type Status } from '../operations/status.ts'
import { errorText } from '../platform/errors.ts'
import { sleep, within } from '../platform/lifecycle.ts'
import { type KafkaClient, withAdmin } from '../topics/client.ts'
import type { ControlRecords } from '../topics/control.ts'
import { topicNames } from '../topics/names.ts'
import { KafkaAway } from '../topics/produce.ts'
import type { Told } from '../topics/reports.ts'
import { isKafkaTrouble } from './guard.ts'
import { Answer, kafkaAway } from './route.ts'
import { createEdges, type Edges } from './topic-edges.ts'

const WATCHED_MS = 2_000
const UNWATCHED_MS = 15_000
const LIMIT_MS = 5_000
/** Of asking whether Kafka is still away. */
const REACH_MS = 3_000
/** A status this young is as good as a new one. */
const FRESH_MS = 1_000
/** An hour of it, at the pace of nobody looking. */
const MOST_POINTS = 240
const POINT_MS = 15_000

/** Events a second over the last 15 s or more; null before anything can be compared. */
export type Rates = { rateIn: number | null; rateOut: number | null }
export type ConsoleStatus = Omit<Status, 'services' | 'topic'> & {
  topic: Status['topic'] & Edges & Pick<Rates, 'rateIn'>
  services: (ServiceStatus & Rates)[]
  /** `away`: what is shown is from `at`; `since` says from when on Kafka does not answer. */
  kafka: { away: boolean; since: string; error: string }
}
/** Time in milliseconds, lag, records received and records brought to an end until then. */
export type Point = [at: number, lag: number, received: number, ended: number]

export type StatusWatch = {
  /** @throws Answer 503 where Kafka does not answer and never did, 500 where what it answered was never understood */
  current: () => Promise<ConsoleStatus>
  /** Resolves where Kafka answered the last time, or does so now. @throws Answer 503 */
  reachable: () => Promise<void>
  /** What was known last, undefined before anything was. */
  last: () => ConsoleStatus | undefined
  history: (service: string) => Point[]
  /** Asks again soon: something has changed. */
  hurry: () => void
}

export function watchStatus(options: {
  client: KafkaClient
  control: () => ControlRecords | undefined
  told: () => readonly Told[]
  /** Of the newest reports, those that were not understood. */
  leftOut: () => Left
  watched: () => boolean
  changed: (status: ConsoleStatus) => void
  signal: AbortSignal
}): StatusWatch {
  const { client, control, told, leftOut, watched, changed, signal } = options
  const points = new Map<string, Point[]>()
  const edges = createEdges(client, topicNames.events(client.settings.prefix))
  let known: ConsoleStatus | undefined
  let asking: Promise<ConsoleStatus> | undefined
  /** One that Kafka has not answered yet goes on after we have given up waiting: a second one would only wait as well. */
  let reading: Promise<Status> | undefined
  let failure = ''
  let asked = 0
  let awaySince = ''
  let hurry = new AbortController()

  async function ask(): Promise<ConsoleStatus> {
    const records = control()
    try {
      if (!records) throw new KafkaAway('the control topic has not been read yet')
      const from = { control: records, told: told(), reportsLeftOut: leftOut() }
      reading ??= readStatus(client, from).finally(() => (reading = undefined))
      const status = await within(reading, LIMIT_MS, 'asking Kafka for the status')
      awaySince = failure = ''
      edges.look()
      const services = status.services.map((service) => ({ ...service, ...remember(service) }))
      known = {
        ...status,
        // Every sink sees the same topic grow.
        topic: { ...status.topic, ...edges.known(), rateIn: services.find(({ rateIn }) => rateIn !== null)?.rateIn ?? null },
        services,
        kafka: { away: false, since: '', error: '' },
      }
    } catch (error) {
      const away = isKafkaTrouble(error)
      awaySince = away ? awaySince || new Date().toISOString() : ''
      if (!away) tellOnce(error)
      known = { ...(known ?? NOTHING_KNOWN), kafka: { away, since: awaySince, error: errorText(error) } }
    }
    asked = Date.now()
    changed(known)
    return known
  }

  /** Kafka answers, but what it holds is not understood. Asked again every few seconds, and logged once. */
  function tellOnce(error: unknown): void {
    const text = errorText(error)
    if (text !== failure)
      client.log.error({ error: error instanceof Error ? error.stack : error }, 'the status of the services cannot be read')
    failure = text
  }

  /** Keeps a point each 15 s, and compares with one at least that old. */
  function remember({ name, lag, partitions }: ServiceStatus): Rates {
    if (lag === null) return { rateIn: null, rateOut: null }
    const now = Date.now()
    const ends = partitions.reduce((sum, { end }) => sum + end, 0)
    const next = partitions.reduce((sum, { next }) => sum + next, 0)
    const past = points.get(name) ?? []
    points.set(name, past)
    const before = past.at(-1)
    const base = before && now - before[0] < POINT_MS / 2 ? past.at(-2) : before
    if (!before || now - before[0] >= POINT_MS) past.push([now, lag, ends, next])
    if (past.length > MOST_POINTS) past.shift()
    if (!base || now - base[0] > 4 * POINT_MS) return { rateIn: null, rateOut: null }
    const seconds = (now - base[0]) / 1000
    // A replay sets offsets back: that is no rate.
    return { rateIn: Math.max(0, ends - base[2]) / seconds, rateOut: Math.max(0, next - base[3]) / seconds }
  }

  const refresh = () => (asking ??= ask().finally(() => (asking = undefined)))

  void (async () => {
    while (!signal.aborted) {
      await refresh().catch(tellOnce)
      hurry = new AbortController()
      await sleep(watched() ? WATCHED_MS : UNWATCHED_MS, AbortSignal.any([signal, hurry.signal]))
    }
  })()

  return {
    async reachable() {
      if (!known?.kafka.away) return
      const asking = withAdmin(client, (admin) => admin.listTopics())
      await within(asking, REACH_MS, 'asking Kafka').catch((error) => {
        throw kafkaAway(`Kafka does not answer: nothing is lost, try again when it does (${errorText(error)})`)
      })
    },
    async current() {
      const status = known && Date.now() - asked < FRESH_MS ? known : await refresh()
      if (status.at === '') {
        if (!status.kafka.away) throw new Answer(500, 'failed', 'the status could not be read; the console’s own log says why')
        throw kafkaAway(
          `Kafka does not answer, so nothing is known of the services yet: nothing is lost, try again when it does (${status.kafka.error})`,
        )
      }
      return status
    },
    last: () => known,
    history: (service) => points.get(service) ?? [],
    hurry: () => hurry.abort(),
  }
}

const NOTHING_KNOWN: Omit<ConsoleStatus, 'kafka'> = {
  at: '',
  topic: { name: '', partitions: 0, records: 0, oldest: '', newest: '', retentionMs: null, rateIn: null },
  services: [],
  notUnderstood: [],
}
