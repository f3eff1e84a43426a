// Where produce requests go: each partition's leader, by @platformatic/kafka, which keeps connections, TLS, SASL and metadata.
import { Base, type Connection } from '@platformatic/kafka'
import { errorText } from '../platform/errors.ts'
import { within } from '../platform/lifecycle.ts'
import { type KafkaClient, otherClientOptions } from './client.ts'
import { KafkaAway, reasonOf } from './produce-errors.ts'
import { type ProduceVersion, produceVersion } from './produce-request.ts'

export class Leaders {
  readonly #client: Base
  readonly #log: KafkaClient['log']
  #version: ProduceVersion | undefined

  constructor(kafka: KafkaClient, clientId: string) {
    this.#client = new Base(otherClientOptions(kafka, clientId))
    this.#log = kafka.log
  }

  /** Broker ids by partition, from the client's own cache, but for the first time and every five minutes. @throws KafkaAway */
  async of(topic: string, limitMs: number): Promise<number[]> {
    try {
      const { topics } = await within(this.#client.metadata({ topics: [topic] }), limitMs, 'asking for the partitions')
      return topics.get(topic)?.partitions.map(({ leader }) => leader) ?? []
    } catch (error) {
      throw new KafkaAway(`Kafka does not answer: ${reasonOf(error)}`)
    }
  }

  /** With the version of Produce that both sides speak. @throws where the broker is not there */
  async connectionTo(topic: string, leader: number): Promise<{ connection: Connection; version: ProduceVersion }> {
    const { brokers } = await this.#client.metadata({ topics: [topic] })
    const broker = brokers.get(leader)
    if (!broker) throw new Error('a partition has no leader')
    const connection = (await this.#client.connections.get(broker)) as Connection
    this.#version ??= produceVersion(await this.#client.listApis())
    return { connection, version: this.#version }
  }

  /** They are asked for again: a broker came, went or is no longer the leader. */
  forget(): void {
    this.#client.clearMetadata()
  }

  async close(): Promise<void> {
    await within(this.#client.close(), 3_000, 'closing the producer').catch((error) => this.#log.warn(errorText(error)))
  }
}
