// Which topic a name stands for: Kafka gives each topic an id (KIP-516), and one that is made anew has another. kafkajs' metadata is too
// old to have ids.
import { Base } from '@platformatic/kafka'
import { errorText } from '../platform/errors.ts'
import { within } from '../platform/lifecycle.ts'
import { type KafkaClient, otherClientOptions } from './client.ts'

const ANSWER_MS = 5_000
const CLOSE_MS = 2_000
/** What brokers without topic ids send in their place. */
const NO_ID = '00000000-0000-0000-0000-000000000000'

export type TopicIds = {
  /** The topic's id now; undefined where the broker has none (before Kafka 2.8). @throws where there is no such topic, or no answer */
  idOf: (topic: string) => Promise<string | undefined>
  close: () => Promise<void>
}

/** Asks over a connection of its own, which `close` ends. @param clientId as brokers show it in their logs */
export function openTopicIds(client: KafkaClient, clientId: string): TopicIds {
  const kafka = new Base(otherClientOptions(client, clientId))
  return {
    async idOf(topic) {
      const { topics } = await within(
        kafka.metadata({ topics: [topic], forceUpdate: true }),
        ANSWER_MS,
        "asking for the topic's id",
      )
      const id = topics.get(topic)?.id
      return id === topic || id === NO_ID ? undefined : id
    },
    async close() {
      await within(kafka.close(), CLOSE_MS, 'closing the connection that asks for topic ids').catch((error) =>
        client.log.debug({ error: errorText(error) }, 'not closed properly'),
      )
    },
  }
}
