// A Kafka client whose calls pass a hook first, which may throw in their place: each call by its name, as `admin.fetchOffsets`,
// `backfill consumer.run` or `produce reports`.
import type { Admin, Consumer } from 'kafkajs'
import type { KafkaClient } from '../../services/topics/client.ts'
import type { TopicProducer } from '../../services/topics/produce.ts'

export type Hook = (call: string) => void

export function faultyKafka(client: KafkaClient, hook: Hook): KafkaClient {
  const { kafka, settings } = client
  const admin = (): Admin => hooked(kafka.admin(), 'admin', hook)
  const consumer = (options: Parameters<typeof kafka.consumer>[0]): Consumer => {
    const name = (options?.groupId ?? '').slice(settings.prefix.length + 1).replace(/\.[\da-f-]{36}$/, '')
    return hooked(kafka.consumer(options), `${name} consumer`, hook)
  }
  return { ...client, kafka: { ...kafka, admin, consumer } as unknown as typeof kafka }
}

export function faultyProducer(producer: TopicProducer, prefix: string, hook: Hook): TopicProducer {
  return {
    ...producer,
    async send(topic, ...rest) {
      hook(`produce ${topic.slice(prefix.length + 1) || 'events'}`)
      return producer.send(topic, ...rest)
    },
  }
}

/** Calls that only tell, wait or close are left alone. */
const CALLS = /^(connect|subscribe|run|list|fetch|describe|create)/

function hooked<T extends object>(target: T, name: string, hook: Hook): T {
  return new Proxy(target, {
    get(object, property) {
      const value = Reflect.get(object, property) as unknown
      if (typeof value !== 'function') return value
      if (!CALLS.test(String(property))) return value.bind(object) as unknown
      return async (...args: unknown[]) => {
        hook(`${name}.${String(property)}`)
        return (value as (...args: unknown[]) => unknown).apply(object, args)
      }
    },
  })
}
