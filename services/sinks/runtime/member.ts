// Membership of the sink's group.
import type { KafkaClient } from '../../topics/client.ts'
import { consume, type GroupConsumer } from '../../topics/consume.ts'
import type { DesiredState } from '../../topics/control.ts'
import type { Flow } from './flow.ts'

/**
 * One change at a time: running and paused are members, stopped is none.
 * @param isOpen a scheduled sink fetches nothing between its ticks
 */
export function createMember(
  client: KafkaClient,
  group: string,
  topic: string,
  flow: Flow,
  isOpen: () => boolean,
  joined: (consumer: GroupConsumer | undefined) => void,
) {
  let consumer: GroupConsumer | undefined
  let turn: Promise<void> = Promise.resolve()
  const leave = async () => {
    if (!consumer) return
    const leaving = consumer
    consumer = undefined
    joined(undefined)
    await flow.bringHome()
    await leaving.close()
  }
  const become = async (state: DesiredState) => {
    if (state === 'stopped') return leave()
    flow.setPaused(state === 'paused' || !isOpen())
    if (consumer) return
    consumer = await consume(client, { group, topic, handlers: flow.handlers })
    flow.attach(consumer)
    joined(consumer)
  }
  const inTurn = (work: () => Promise<void>) => (turn = turn.then(work))
  return { set: (state: DesiredState) => inTurn(() => become(state)), leave: () => inTurn(leave) }
}
