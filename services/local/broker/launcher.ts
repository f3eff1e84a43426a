// What a way to run Kafka is, for Docker and Java alike.
import type { Environment } from '../../platform/settings.ts'
import type { Child, OnLine } from '../child.ts'
import type { Watched } from '../watchdog.ts'

/** One way to run Kafka. The child stands for the broker, whatever it is. */
export type Launcher = {
  way: 'Docker' | 'Java'
  launch: (port: number, onLine: OnLine) => Promise<Child>
  stop: (child: Child) => Promise<void>
  kill: (child: Child) => void
  removeData: () => Promise<void>
  /** A command that ends what runs beside the child, see watchdog.ts. */
  last?: readonly string[]
}

export type LauncherOptions = {
  dataDir: string
  clusterId: string
  env: Environment
  log: (line: string) => void
  signal: AbortSignal
  /** Told each process that is started on the way. */
  onStart: (watched: Watched) => void
  /** Further settings of a broker on Java, in Kafka's own names; for tests. */
  properties?: (ports: { port: number; controllerPort: number }) => Readonly<Record<string, string | number>>
}
