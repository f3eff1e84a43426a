// kafkajs held to what it must not do: an idle consumer costs nothing (kafkajs issue 1751).
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { ensureTopics } from '../../services/topics/create.ts'
import { newPrefix, testKafka } from '../support/kafka.ts'

const IDLE_MS = 8_000
/** Two fetches and a heartbeat a second; the fault is about 870. */
const WAKEUPS_A_SECOND = 50

// Other tests beside it only ever add to what it is seen to cost: one measurement within the limit is the answer.
test('idle consumer - is idle: under 1 % of a core, and no warning of negative times', {
  retry: 2,
  timeout: 90_000,
}, async () => {
  const prefix = newPrefix()
  await ensureTopics(testKafka(inject('brokers'), prefix), ['events'])
  const script = join(import.meta.dirname, 'fixtures', 'idle-consumer.ts')
  const args = [script, inject('brokers'), prefix, String(IDLE_MS)]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: 25_000 })
  const { cpuMs, wakeups, silentForMs } = JSON.parse(stdout) as { cpuMs: number; wakeups: number; silentForMs: number }
  expect(stderr).toBe('')
  expect(silentForMs, 'it lives').toBeLessThan(3_000)
  expect(wakeups).toBeLessThan((IDLE_MS / 1_000) * WAKEUPS_A_SECOND)
  expect(cpuMs).toBeLessThan(IDLE_MS / 100)
})
