// The services of a soak: each started again when it has ended, as an orchestrator would, and everything that can be done to them.
import type { Environment } from '../../services/platform/settings.ts'
import { runCommand, type Service, startService } from '../support/processes.ts'
import { pause } from '../support/wait.ts'

/** A service that ends by itself is started again after this long. */
const AGAIN_MS = 1_000
/** SIGTERM: within 10 s, by contract. */
const ENDS_WITHIN_MS = 10_000

type Place = { folder: string; env: Environment; service: Service; startedAt: number; wanted: boolean }

export type Fleet = ReturnType<typeof startFleet>

/**
 * @param members by name, as `segment a`: which service it is, and its own settings
 * @param problem told of what no service may do, in words
 */
export function startFleet(
  members: Record<string, { folder: string; env?: Environment }>,
  env: Environment,
  problem: (text: string) => void,
) {
  const places = new Map<string, Place>()
  let closing = false

  function start(name: string, folder: string, own: Environment): void {
    const service = startService(folder, { ...env, ...own })
    const place: Place = { folder, env: own, service, startedAt: performance.now(), wanted: true }
    places.set(name, place)
    void service.ended.then(async ({ status, signal }) => {
      if (!place.wanted || closing) return
      problem(
        `${name} ended by itself with ${signal ?? `status ${status}`}: ${service.lines.slice(-3).join(' | ').slice(0, 1_000)}`,
      )
      await pause(AGAIN_MS)
      if (!closing) start(name, folder, own)
    })
  }
  for (const [name, { folder, env: own = {} }] of Object.entries(members)) start(name, folder, own)

  const find = (name: string): Place => {
    const place = places.get(name)
    if (!place) throw new Error(`there is no ${name}`)
    return place
  }
  const again = (name: string) => {
    const { folder, env: own } = find(name)
    if (!closing) start(name, folder, own)
  }
  async function kill(name: string): Promise<void> {
    const place = find(name)
    place.wanted = false
    await place.service.kill()
  }
  async function terminate(name: string): Promise<void> {
    const place = find(name)
    place.wanted = false
    const began = performance.now()
    await place.service.stop()
    const { status } = await place.service.ended
    const tookMs = performance.now() - began
    if (tookMs > ENDS_WITHIN_MS) problem(`${name} took ${(tookMs / 1_000).toFixed(1)} s to end on SIGTERM`)
    else if (status !== 0) problem(`${name} ended on SIGTERM with status ${status}`)
  }
  return {
    names: () => [...places.keys()],
    pid: (name: string) => find(name).service.pid,
    /** Seconds since it was started. */
    age: (name: string) => (performance.now() - find(name).startedAt) / 1_000,
    origin: (name: string) => find(name).service.origin(),
    untilReady: async () => void (await Promise.all([...places.values()].map(({ service }) => service.untilReady(60_000)))),
    kill,
    terminate,
    again,
    freeze: (name: string) => find(name).service.freeze(),
    thaw: (name: string) => find(name).service.thaw(),
    add: start,
    async remove(name: string): Promise<void> {
      await terminate(name)
      places.delete(name)
    },
    command: (...args: string[]) => runCommand(args, { ...env, LOGGER_LEVEL: 'error' }, 40_000),
    async close(): Promise<void> {
      closing = true
      await Promise.all([...places.values()].map(({ service }) => service.kill()))
    },
  }
}
