// Apache Kafka from its Maven artifacts, in a cache folder that all projects of this user share: either whole or not there.
import { existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { sleep } from '../../platform/lifecycle.ts'
import type { Environment } from '../../platform/settings.ts'
import { describeEnding, run, startChild } from '../child.ts'
import { takeLock } from '../lock.ts'
import type { Watched } from '../watchdog.ts'

/** What `npm start` runs; pom.xml names the same. */
export const kafkaVersion = '4.1.1'

/** Another one where KAFKA_VERSION says so, as in a test run against a newer Kafka. */
export const kafkaVersionFrom = (env: Environment) => env.KAFKA_VERSION?.trim() || kafkaVersion

const downloadLimitMs = 300_000
const progressEveryMs = 3_000

/** Why the artifacts cannot be had, in words that fit after "Maven: ". */
export type NoArtifacts = { problem: string }

/** The folder with Kafka's jars, downloaded at the first call (54 MB); or why it cannot be had. */
export async function kafkaArtifacts(
  env: Environment,
  log: (line: string) => void,
  signal: AbortSignal,
  onStart: (watched: Watched) => void,
): Promise<{ libs: string } | NoArtifacts> {
  const version = kafkaVersionFrom(env)
  const cache = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'auth0-log-pipeline')
  const libs = join(cache, `kafka-${version}`)
  if (existsSync(libs)) return { libs }
  const deadline = Date.now() + downloadLimitMs
  for (let waiting = false; Date.now() < deadline && !signal.aborted; waiting = true) {
    const lock = takeLock(`${libs}.lock`)
    if (!lock.taken) {
      if (!waiting) log(`process ${lock.by.holder.pid} is downloading Kafka ${version}: waiting for it`)
      await sleep(250, signal)
      continue
    }
    try {
      if (existsSync(libs)) return { libs }
      const problem = await download(version, libs, log, signal, onStart)
      return problem ? { problem } : { libs }
    } finally {
      lock.release()
    }
  }
  return { problem: `Kafka ${version} was not downloaded within ${downloadLimitMs / 1_000} s` }
}

/** Maven copies into a folder of its own; only the finished one gets the name. Answers what went wrong. */
async function download(
  version: string,
  libs: string,
  log: (line: string) => void,
  signal: AbortSignal,
  onStart: (watched: Watched) => void,
): Promise<string | undefined> {
  const mvn = await run({ command: 'mvn', args: ['--version'] }, 20_000)
  if (!mvn.ok) return 'there is none (`mvn --version` failed)'
  mkdirSync(dirname(libs), { recursive: true })
  // What a killed download left behind.
  for (const part of globSync(`${libs}.part-*`)) rmSync(part, { recursive: true, force: true })
  const folder = mkdtempSync(`${libs}.part-`)
  const pom = join(import.meta.dirname, 'pom.xml')
  let files = 0
  const started = Date.now()
  log(`downloading Kafka ${version} with Maven into ${libs}: about 54 MB, only this once`)
  const maven = startChild(
    {
      command: 'mvn',
      args: ['-B', '-f', pom, 'dependency:copy-dependencies', `-Dkafka.version=${version}`, `-DoutputDirectory=${folder}`],
    },
    (line) => {
      if (line.includes('Downloaded from')) files++
    },
  )
  onStart({ pid: maven.pid })
  const progress = setInterval(
    () => log(`downloading Kafka ${version}: ${files} files after ${Math.round((Date.now() - started) / 1_000)} s`),
    progressEveryMs,
  )
  const giveUp = new AbortController()
  try {
    const late = sleep(downloadLimitMs, AbortSignal.any([signal, giveUp.signal])).then(() => undefined)
    const ending = await Promise.race([maven.ended, late])
    if (!ending) return signal.aborted ? 'interrupted' : `no end within ${downloadLimitMs / 1_000} s`
    if (ending.status !== 0) return [`ended with ${describeEnding(ending)}:`, ...maven.lastLines().slice(-8)].join('\n  ')
    renameSync(folder, libs)
    log(`Kafka ${version} is downloaded`)
    return undefined
  } finally {
    clearInterval(progress)
    giveUp.abort()
    await maven.end(1_000)
    rmSync(folder, { recursive: true, force: true })
  }
}
