// Membership of the sink's group: running and paused are members, stopped is none. One change at a time; what fails is tried again.
import { errorText } from '../../platform/errors.ts'
import type { Logger } from '../../platform/logger.ts'
import type { KafkaClient } from '../../topics/client.ts'
import { consume, type GroupConsumer } from '../../topics/consume.ts'
import type { DesiredState } from '../../topics/control.ts'
import type { Flow } from './flow.ts'

const AGAIN_MS = 1_000
/** A consumer that ended by itself is begun anew this much later. */
const ENDED_AGAIN_MS = 5_000

export type Member = {
  /** Resolves when it was tried; a change that fails goes on being tried. */
  set: (state: DesiredState) => Promise<void>
  /** Leaves the group for good. */
  leave: () => Promise<void>
  /** The consumer ended by itself. */
  crashed: (error: Error) => void
  /** Why it is not a member although it should be. */
  problem: () => string | undefined
  /** Since the last sign of life of the group, milliseconds; 0 where it is not a member. */
  silentForMs: () => number
}

/** @param isOpen a scheduled sink fetches nothing between its ticks */
export function createMember(
  client: KafkaClient,
  group: string,
  topic: string,
  flow: Flow,
  isOpen: () => boolean,
  log: Logger,
): Member {
  let desired: DesiredState = 'stopped'
  let consumer: GroupConsumer | undefined
  let problem: string | undefined
  let left = false
  let timer: NodeJS.Timeout | undefined
  let turn: Promise<unknown> = Promise.resolve()

  async function become(): Promise<void> {
    if (desired === 'stopped') return leaveGroup()
    flow.setPaused(desired === 'paused' || !isOpen())
    if (consumer) return
    consumer = await consume(client, { group, topic, handlers: flow.handlers })
    flow.attach(consumer)
    problem = undefined
  }

  async function leaveGroup(): Promise<void> {
    const leaving = consumer
    if (!leaving) return
    consumer = undefined
    await flow.bringHome()
    await leaving.close()
  }

  const inTurn = (work: () => Promise<void>) => {
    const done = turn.then(work)
    turn = done.catch(() => {})
    return done
  }

  async function look(): Promise<void> {
    if (left) return
    await inTurn(become).catch((error) => {
      problem = errorText(error)
      log.warn({ error: problem, group }, 'the consumer group could not be joined or left; retrying')
      lookIn(AGAIN_MS)
    })
  }

  function lookIn(ms: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => void look(), ms)
  }

  return {
    set(state) {
      desired = state
      return look()
    },
    leave() {
      left = true
      clearTimeout(timer)
      return inTurn(leaveGroup)
    },
    crashed(error) {
      problem = `the consumer ended: ${errorText(error)}`
      log.error({ error: error.stack, group }, 'the consumer stopped unexpectedly; restarting it at the last commit')
      const ended = consumer
      consumer = undefined
      void inTurn(async () => {
        await flow.bringHome()
        await ended?.close()
      }).catch((failure) => log.debug({ error: errorText(failure), group }, 'the ended consumer was not closed properly'))
      if (!left) lookIn(ENDED_AGAIN_MS)
    },
    problem: () => problem,
    silentForMs: () => consumer?.silentForMs() ?? 0,
  }
}
