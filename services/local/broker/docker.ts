// Kafka in a container of ours, from the official image: `docker run` in the foreground, so that its process stands for the container.
import { rmSync } from 'node:fs'
import { type Child, run, startChild } from '../child.ts'
import { kafkaVersionFrom } from './kafka-artifacts.ts'
import type { Launcher, LauncherOptions } from './launcher.ts'
import { containerEnvironment } from './server-properties.ts'

/** In the image, a volume that its user may write. */
const logDir = '/var/lib/kafka/data'

const answerLimitMs = 3_000
const pullLimitMs = 180_000

const docker = (...args: string[]) => ({ command: 'docker', args })

/** Answers how to start it, or why that is not possible here. */
export async function dockerLauncher(options: LauncherOptions): Promise<Launcher | { problem: string }> {
  const { dataDir, clusterId, env, log, signal } = options
  const image = `apache/kafka:${kafkaVersionFrom(env)}`
  const engine = await run(docker('version', '--format', '{{.Server.Version}}'), answerLimitMs)
  if (!engine.ok) return { problem: `Docker: no engine answers (${firstLine(engine.stderr)})` }
  const present = await run(docker('image', 'inspect', '--format', '{{.Id}}', image), 10_000)
  if (!present.ok) {
    log(`pulling ${image}, for at most ${pullLimitMs / 1_000} s`)
    const pulled = await run(docker('pull', '--quiet', image), pullLimitMs, signal)
    if (!pulled.ok) {
      const problem = `Docker: ${image} is not here and cannot be pulled (${firstLine(pulled.stderr)})`
      log(`${problem}: trying Java`)
      return { problem }
    }
  }
  // Named after the cluster: the same data folder finds its container and its volume again, another one has others.
  const name = `auth0-log-pipeline-${clusterId}`
  const remove = () => run(docker('rm', '--force', '--volumes', name), 20_000)
  return {
    way: 'Docker',
    last: ['docker', 'rm', '--force', '--volumes', name],
    launch: async (port, onLine): Promise<Child> => {
      // One that a crash left behind.
      await remove()
      const settings = { ...containerEnvironment({ port, logDir }), CLUSTER_ID: clusterId, KAFKA_HEAP_OPTS: '-Xms256m -Xmx512m' }
      const given = Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`])
      const where = ['--publish', `127.0.0.1:${port}:9092`, '--volume', `${name}:${logDir}`]
      return startChild(docker('run', '--rm', '--name', name, ...where, ...given, image), onLine)
    },
    stop: async (child) => {
      await run(docker('stop', '--time', '20', name), 30_000)
      await child.end(5_000)
      await remove()
    },
    // The command's own end would leave the container running.
    kill: () => void run(docker('kill', name), 10_000),
    removeData: async () => {
      await remove()
      await run(docker('volume', 'rm', '--force', name), 20_000)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

const firstLine = (text: string) => text.trim().split('\n')[0]
