// The broker of a running `npm start`: the one KAFKA_BROKERS names, else one of ours that is started again when it dies.
import { join } from 'node:path'
import { restartDelayMs } from '../../platform/backoff.ts'
import { errorText } from '../../platform/errors.ts'
import { type Lifecycle, sleep } from '../../platform/lifecycle.ts'
import type { Environment } from '../../platform/settings.ts'
import { describeEnding } from '../child.ts'
import type { Level, Output } from '../output.ts'
import type { Watched } from '../watchdog.ts'
import { type Broker, startBroker } from './broker.ts'

/** `env` is what the services need to reach it; `text` says to people what it is. */
export type KeptBroker = { brokers: string; text: string; env: Environment }

const stopLimitMs = 40_000

/** @throws as startBroker does */
export async function openBroker(options: {
  given: string
  dataDir: string
  env: Environment
  output: Output
  lifecycle: Lifecycle
  onStart: (watched: Watched) => void
  onExit: (kill: () => void) => void
}): Promise<KeptBroker> {
  const { given, dataDir, env, output, lifecycle, onStart } = options
  if (given) return { brokers: given, text: `${given} (KAFKA_BROKERS)`, env: {} }
  const { signal } = lifecycle
  const starting = startBroker({
    dataDir: join(dataDir, 'kafka'),
    log: (line) => output.say('info', line),
    onLine: output.from('kafka', kafkaLevel),
    env,
    signal,
    onStart,
  })
  lifecycle.onClose('the broker', async () => (await starting.catch(() => undefined))?.stop(), stopLimitMs)
  const broker = await starting
  options.onExit(broker.kill)
  void keepAlive(broker, output.say, signal)
  return {
    brokers: broker.brokers,
    text: `${broker.brokers} (${broker.way}, data kept in ${dataDir})`,
    // It speaks plain text and is alone: settings meant for another cluster would only keep the services away.
    env: { KAFKA_BROKERS: broker.brokers, KAFKA_REPLICATION_FACTOR: '1', KAFKA_SSL: '', KAFKA_SASL_MECHANISM: '' },
  }
}

async function keepAlive(broker: Broker, say: (level: Level, message: string) => void, signal: AbortSignal): Promise<void> {
  for (let delay: number | undefined; ; ) {
    const startedAt = performance.now()
    const ending = await broker.ended()
    if (signal.aborted) return
    delay = restartDelayMs(delay, performance.now() - startedAt)
    say('error', `the broker ended with ${describeEnding(ending)}: starting it again in ${delay / 1_000} s`)
    await sleep(delay, signal)
    if (signal.aborted) return
    await broker.restart().then(
      () => say('info', 'the broker is back, on the same port and with the same data'),
      (error) => signal.aborted || say('error', errorText(error)),
    )
  }
}

/** Kafka's own log tells its level in the line; what it says below a warning is of interest to nobody here. */
function kafkaLevel(line: string): Level {
  const level = /\b(WARN|ERROR|FATAL)\b/.exec(line.slice(0, 80))?.[1]
  return level ? (level.toLowerCase() as Level) : 'debug'
}
