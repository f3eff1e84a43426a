// The way of an event through a sink:
//
//   consume > dedupe > filter > redact > encode > batch > deliver > commit > report
//
//   take (take.ts, prepare.ts) --> outbox --> deliver, a loop a slot (deliveries.ts) --+--> lane --> commit (commits.ts) --> report
//    as Kafka offers records         ^--- refused: halved, or again later -------------+
//                      burials <--- what cannot be delivered -------------------------'
//                         `--> store dead letters (burials.ts) --> lane
//
// A term holds all of it for one assignment of partitions. Here terms begin and end.
import { errorText } from '../../platform/errors.ts'
import { sleep } from '../../platform/lifecycle.ts'
import type { Assignment, CommitOffset, GroupConsumer, Handlers, KafkaMessage } from '../../topics/consume.ts'
import { storeDeadLetters } from './burials.ts'
import { commit } from './commits.ts'
import { createDedupe } from './dedupe.ts'
import { deliver } from './deliveries.ts'
import { bringHome } from './drain.ts'
import { Lane, type Place } from './lane.ts'
import { createTroubles, type Trouble, type Troubles } from './patience.ts'
import { createRejections } from './rejections.ts'
import { take } from './take.ts'
import { createTerm, type FlowOptions, type Shared, type Term } from './term.ts'

/** A step of the flow that fails by a bug of ours is begun again this much later. */
const BUG_MS = 1_000

/** A flow without a consumer: `consume` is given its `handlers`, and `attach` takes the consumer that comes of it. */
export const createFlow = (options: FlowOptions): Flow => new Flow(options)

export class Flow {
  readonly handlers: Handlers
  readonly #options: FlowOptions
  readonly #shared: Shared
  readonly #troubles: Troubles
  #term: Term | undefined
  #consumer: GroupConsumer | undefined
  #askedToPause = false
  #closing = false
  /** Partitions whose log is not the one that the commit meant, and why: until a new account is committed. Each is told once. */
  readonly #broken = new Map<number, string>()
  readonly #told = new Set<number>()

  constructor(options: FlowOptions) {
    const { watch, random, crashed } = options
    this.#options = options
    this.#troubles = createTroubles({ ...watch, random, changed: () => this.#changed() })
    this.#shared = this.#share()
    this.handlers = {
      assigned: (assignment) => this.#assigned(assignment),
      records: (partition, messages, highWatermark) => this.#records(partition, messages, highWatermark),
      passed: (partition, next) => this.#passed(partition, next),
      rebalancing: async () => this.#term && bringHome(this.#shared, this.#term),
      crashed,
    }
  }

  /** A term begins where the commits say. @throws where Kafka does not tell: it is asked again */
  async #assigned({ partitions, signal }: Assignment): Promise<Map<number, number>> {
    this.#term?.end()
    this.#term = undefined
    if (partitions.length === 0) return new Map()
    const { watch } = this.#options
    let places: Place[]
    try {
      places = await this.#options.places(partitions, this.#broken)
    } catch (error) {
      this.#troubles.places.failed({ kind: 'retry', reason: 'places_unknown', message: errorText(error) })
      throw error
    }
    if (signal.aborted) return new Map()
    this.#troubles.places.succeeded()
    const anew = places.filter(({ partition, broken }) => broken !== undefined && !this.#told.has(partition))
    for (const { partition } of anew) this.#told.add(partition)
    if (anew.length > 0) watch.broken(anew)
    const lanes = places.map((place) => this.#laneOf(place))
    this.#begin(lanes)
    const read = places.filter((_, i) => lanes[i].from < lanes[i].until)
    return new Map(read.map(({ partition, refillFrom }) => [partition, refillFrom]))
  }

  #laneOf(place: Place): Lane {
    const { dedupe = createDedupe, watch } = this.#options
    const lane = new Lane(place, dedupe())
    const lost = lane.account.expired - place.account.expired
    if (lost > 0) watch.expired(lost, place.partition)
    return lane
  }

  #begin(lanes: Lane[]): void {
    const term = createTerm(lanes)
    this.#term = term
    const slots = Array.from({ length: this.#options.inFlight }, (_, slot) => deliver(this.#shared, term, slot))
    const loops = [...slots, storeDeadLetters(this.#shared, term), commit(this.#shared, term)]
    Promise.all(loops).catch((error: Error) => this.#failed(term, error))
    this.#gate()
  }

  /** A bug of ours costs a repeat from the commits on, and is told; it must not stop a part of the flow in silence. */
  async #failed(term: Term, error: Error): Promise<void> {
    this.#options.log.error({ error: error.stack }, 'a step of the delivery failed; delivery restarts at the last commit')
    this.#troubles.vendor.failed({ kind: 'retry', reason: 'unexpected', message: error.message })
    term.end()
    await sleep(BUG_MS)
    if (this.#term === term) this.startOver()
  }

  /** Where nothing is acknowledged: a new term of the same partitions, from what has settled on. A commit under way is waited for. */
  async #readAgain(ended: Term): Promise<void> {
    if (ended.isOver()) return
    ended.end()
    await ended.committing
    if (this.#term !== ended) return
    const lanes = [...ended.lanes.values()].map((lane) => lane.again())
    this.#begin(lanes)
    this.#consumer?.seek(new Map(lanes.map((lane) => [lane.partition, lane.from])))
  }

  async #records(partition: number, messages: KafkaMessage[], highWatermark: number): Promise<number> {
    const term = this.#term
    if (!term || term.isOver()) return 0
    const taken = await take(this.#shared, term, partition, messages, highWatermark)
    this.#gate()
    return taken
  }

  #passed(partition: number, next: number): void {
    const lane = this.#term?.lanes.get(partition)
    if (!lane || next <= lane.position) return
    lane.passed(next)
    this.#term?.bell.ring()
  }

  async #commit(offsets: CommitOffset[]): Promise<boolean> {
    if (!(await this.#consumer?.commit(offsets))) return false
    for (const { partition } of offsets) {
      this.#broken.delete(partition)
      this.#told.delete(partition)
    }
    return true
  }

  #changed(): void {
    this.#gate()
    this.#term?.bell.ring()
  }

  /** While something waits for its next attempt, more would only fill the memory. Where nothing does, the next record is the attempt. */
  #isPaused(): boolean {
    const { commits, vendor, deadLetters } = this.#troubles
    if (this.#askedToPause || this.#closing || commits.trouble()) return true
    if (!this.#term) return false
    const { outbox, burials } = this.#term
    return (vendor.trouble() !== undefined && !outbox.isEmpty) || (deadLetters.trouble() !== undefined && burials.length > 0)
  }

  #gate(): void {
    const paused = this.#isPaused()
    if (!this.#consumer || this.#consumer.paused() === paused) return
    if (paused) this.#consumer.pause()
    else this.#consumer.resume()
  }

  #share(): Shared {
    const { vendor, deadLetters, commits } = this.#troubles
    return {
      options: this.#options,
      vendor,
      deadLetters,
      commits,
      rejections: createRejections(),
      isPaused: () => this.#isPaused(),
      commit: (offsets) => this.#commit(offsets),
      seek: (partition, offset) => this.#consumer?.seek(new Map([[partition, offset]])),
      leaveOut: (partition) => this.#consumer?.leaveOut(partition),
      startOver: () => this.startOver(),
      broke: (partition, why) => {
        this.#broken.set(partition, why)
        this.startOver()
      },
      readAgain: (term) => void this.#readAgain(term),
    }
  }

  /** Hands in the consumer that the handlers serve. */
  attach(started: GroupConsumer): void {
    this.#consumer = started
    this.#closing = false
    this.#gate()
  }

  /** What an operator may change while it runs; counts from the next event on. */
  readonly change = (next: Pick<FlowOptions, 'limits' | 'filter'>): void => void Object.assign(this.#options, next)

  /** The desired state; trouble pauses by itself. */
  setPaused(paused: boolean): void {
    this.#askedToPause = paused
    this.#changed()
  }

  /** The connection broke: what had not settled is sent again. */
  broke(message: string): void {
    const term = this.#term
    const { limits } = this.#options
    if (!term || limits.settleMs === undefined || !term.lanes.values().some((lane) => lane.hasUnsettled)) return
    if (term.isTaking) {
      this.#troubles.vendor.failed({ kind: 'retry', reason: 'connection_reset', message })
      return void this.#readAgain(term)
    }
    term.settling = []
    term.lostUnsettled = true
  }

  /** Known ends of the log, for the lag also while nothing is fetched. */
  heard(ends: ReadonlyMap<number, number>): void {
    for (const lane of this.lanes()) lane.end = Math.max(lane.end, ends.get(lane.partition) ?? 0)
  }

  /** Asks again where the partitions begin: the log may be another one of the same name. */
  startOver(): void {
    this.#consumer?.startOver()
  }

  /** Why this member does not do what it should, for a reason that is not the vendor's; undefined when it does. */
  stands(problem: { reason: string; message: string } | undefined): void {
    if (problem) this.#troubles.standing.failed({ kind: 'retry', ...problem })
    else this.#troubles.standing.succeeded()
  }

  readonly lanes = (): Lane[] => [...(this.#term?.lanes.values() ?? [])]
  readonly trouble = (): Trouble | undefined => this.#troubles.current()
  readonly tryNow = (): void => this.#troubles.tryNow()

  /** Takes nothing more, brings home and commits what is under way. Bounded. The consumer may leave its group then. */
  async bringHome(): Promise<void> {
    this.#closing = true
    this.#gate()
    if (this.#term) await bringHome(this.#shared, this.#term)
    this.#term = undefined
    this.#consumer = undefined
  }
}
