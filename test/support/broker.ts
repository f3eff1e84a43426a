// The one broker of a test run (vitest's globalSetup): a fresh one in a folder of its own, or the one KAFKA_BROKERS names.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startBroker } from '../../services/local/broker/broker.ts'
import { startWatchdog } from '../../services/local/watchdog.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Kafka's address: `inject('brokers')`. */
    brokers: string
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { KAFKA_BROKERS } = process.env
  if (KAFKA_BROKERS) {
    project.provide('brokers', KAFKA_BROKERS)
    return
  }
  // Ends the broker also where the test run is killed.
  const watchdog = startWatchdog()
  const broker = await startBroker({
    dataDir: mkdtempSync(join(tmpdir(), 'auth0-log-pipeline-test-')),
    log: (line) => console.log(`broker: ${line}`),
    // Its last lines are in the error where it does not start.
    onLine: () => {},
    env: process.env,
    onStart: watchdog.watch,
  })
  project.provide('brokers', broker.brokers)
  return broker.discard
}
