// The reports topic: what every run of every service did.
import type { KafkaClient } from './client.ts'
import { topicNames } from './names.ts'
import type { TopicProducer } from './produce.ts'
import type { Report } from './records.ts'

const ACK_MS = 5_000

export async function publishReport(client: KafkaClient, producer: TopicProducer, report: Report): Promise<void> {
  const record = { key: Buffer.from(report.service), value: Buffer.from(JSON.stringify(report)) }
  await producer.send(topicNames.reports(client.settings.prefix), [record], ACK_MS)
}
