// Kafka on this machine's Java: formatted once, then started on any port with the data it had.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, startChild } from '../child.ts'
import { classArchive } from './class-archive.ts'
import { findJava } from './find-java.ts'
import { kafkaArtifacts } from './kafka-artifacts.ts'
import type { Launcher, LauncherOptions } from './launcher.ts'
import { freePort } from '../ports.ts'
import { javaProperties } from './server-properties.ts'

/** Warnings only, without those that a healthy single node brings at its start, its end, and on a busy machine. */
const quietLog = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showThreadName=false',
  '-Dorg.slf4j.simpleLogger.log.org.apache.kafka.controller.QuorumController=error',
  '-Dorg.slf4j.simpleLogger.log.org.apache.kafka.controller.EventPerformanceMonitor=off',
  '-Dorg.slf4j.simpleLogger.log.org.apache.kafka.clients.NetworkClient=error',
]

/** Answers how to start it, or why that is not possible here. */
export async function javaLauncher(options: LauncherOptions): Promise<Launcher | { problem: string }> {
  const { dataDir, clusterId, env, log, signal, onStart, properties: more = () => ({}) } = options
  const found = await findJava(env)
  if ('problem' in found) return { problem: `Java: ${found.problem}` }
  const artifacts = await kafkaArtifacts(env, log, signal, onStart)
  if ('problem' in artifacts) return { problem: `Maven: ${artifacts.problem}` }
  const archive = classArchive(artifacts.libs, found.version)
  const logDir = join(dataDir, 'java')
  const properties = join(dataDir, 'server.properties')
  const java = (flags: string[], main: string, ...args: string[]) => ({
    command: found.java,
    args: [...flags, ...quietLog, '-cp', join(artifacts.libs, '*'), main, ...args],
    cwd: dataDir,
  })
  return {
    way: 'Java',
    launch: async (port, onLine) => {
      mkdirSync(dataDir, { recursive: true })
      const ports = { port, controllerPort: await freePort() }
      writeFileSync(properties, javaProperties({ ...ports, logDir }, more(ports)))
      if (!existsSync(join(logDir, 'meta.properties'))) {
        const format = ['format', '--ignore-formatted', '-t', clusterId, '-c', properties]
        const done = await run(java([...archive.use(), '-XX:TieredStopAtLevel=1'], 'kafka.tools.StorageTool', ...format), 60_000)
        if (!done.ok) throw new Error(`Kafka could not format ${logDir}: ${done.stderr.trim() || done.stdout.trim()}`)
      }
      return startChild(java([...archive.useOrMake(), '-Xms256m', '-Xmx512m'], 'kafka.Kafka', properties), onLine)
    },
    stop: async (child) => {
      await child.end(20_000)
      archive.keep(await child.ended)
    },
    kill: (child) => child.kill(),
    removeData: async () => rmSync(dataDir, { recursive: true, force: true }),
  }
}
