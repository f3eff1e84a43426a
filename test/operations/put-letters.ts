// Dead letters of a sink in its topic, as the sink writes them.
import { sendDeadLetters } from '../../services/topics/dead-letters.ts'
import type { DeadLetter } from '../../services/topics/records.ts'
import { operator, timedEvents } from './asking.ts'
import { testBroker } from './scene.ts'

/** The first `tooLarge` of one reason, the others of another. Answers the log ids. */
export async function putLetters(prefix: string, count: number, tooLarge: number, ids: string[] = []): Promise<string[]> {
  const { context, close } = operator(testBroker().brokers, prefix)
  const at = new Date()
  const events = timedEvents(count, Date.now() - 60_000, 1)
  const letters = events.map(({ id, record }, n): DeadLetter => {
    const reason = n < tooLarge ? 'event_too_large' : 'http_400'
    const from = { topic: prefix, partition: 0, offset: n }
    return {
      logId: ids[n] ?? id,
      value: record.value!,
      from,
      stage: 'deliver',
      reason,
      error: `no: ${reason}`,
      attempts: 1,
      firstAt: at,
      lastAt: at,
    }
  })
  for (let n = 0; n < count; n += 2_000)
    await sendDeadLetters(context.client, context.producer, 'segment', letters.slice(n, n + 2_000))
  await close()
  return events.map(({ id }) => id)
}
