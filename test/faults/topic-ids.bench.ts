// How long reconcile takes to know the ids of a topic, and what memory that takes: `node test/faults/topic-ids.bench.ts [ids] [brokers]`.
// Without an address it starts a broker of its own. One record is about 1 KiB, as a log is; they are received within ten minutes.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { logIdAt } from '../../services/events/log-id.ts'
import { openTopicIds } from '../../services/ingest/backfill/topic-ids.ts'
import { startBroker } from '../../services/local/broker/broker.ts'
import { ensureTopics } from '../../services/topics/create.ts'
import { openProducer } from '../../services/topics/produce.ts'
import { newPrefix, testKafka } from '../support/kafka.ts'

const [wanted = '1000000', given] = process.argv.slice(2)
const ids = Number(wanted)
const SPAN_MS = 10 * 60_000
const A_SEND = 5_000

const local = given
  ? undefined
  : await startBroker({ dataDir: mkdtempSync(join(tmpdir(), 'topic-ids-')), log: () => {}, onLine: () => {}, env: process.env })
const client = testKafka(given ?? local!.brokers, newPrefix())
const { prefix } = client.settings
await ensureTopics(client, ['events'])
const producer = openProducer(client, 'bench')
const fromMs = Date.now() - SPAN_MS
const idOf = (n: number) => `${logIdAt(fromMs + Math.floor((n / ids) * SPAN_MS)).slice(0, 44)}${String(n).padStart(12, '0')}`
const value = Buffer.alloc(900, 'x')
const headers = new Map([
  [Buffer.from('source'), Buffer.from('webhook')],
  [Buffer.from('type'), Buffer.from('s')],
])
for (let n = 0; n < ids; n += A_SEND) {
  const records = Array.from({ length: Math.min(A_SEND, ids - n) }, (_, i) => ({ key: Buffer.from(idOf(n + i)), value, headers }))
  await producer.send(prefix, records, 60_000)
  if (n % 500_000 === 0) console.log(`${n} records written`)
}
await producer.close()

let highest = 0
const watch = setInterval(() => {
  highest = Math.max(highest, process.memoryUsage.rss())
}, 200)
const cpu = process.cpuUsage()
const begun = performance.now()
const topicIds = await openTopicIds(client, fromMs)
await topicIds.until(Date.now(), new AbortController().signal)
const seconds = (performance.now() - begun) / 1_000
clearInterval(watch)
const { user, system } = process.cpuUsage(cpu)
let missing = 0
for (let n = 0; n < ids; n++) if (!topicIds.has(Buffer.from(idOf(n)))) missing++
const mib = (bytes: number) => `${Math.round(bytes / 1_048_576)} MiB`
console.log(
  `${ids} ids known after ${seconds.toFixed(1)} s (${Math.round(ids / seconds)}/s, ${((user + system) / 1e6).toFixed(1)} CPU-s); ` +
    `RSS at most ${mib(highest)}; held ${topicIds.held()}, missing ${missing}`,
)
await topicIds.close()
await local?.discard()
process.exit(0)
