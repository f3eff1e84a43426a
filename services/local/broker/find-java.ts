// The Java of this machine.
import { join } from 'node:path'
import type { Environment } from '../../platform/settings.ts'
import { run } from '../child.ts'

/** What Kafka 4 asks for: https://kafka.apache.org/41/getting-started/compatibility/ */
const leastJava = 17

/** The `java` command to use, JAVA_HOME's first; or why there is none, in words that fit after "Java: ". */
export async function findJava(env: Environment): Promise<{ java: string; version: string } | { problem: string }> {
  const java = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java'
  const answer = await run({ command: java, args: ['-version'] }, 10_000)
  if (!answer.ok) return { problem: `there is none (\`${java} -version\` failed)` }
  const version = javaVersion(answer.stderr + answer.stdout)
  if (Number.parseInt(version) >= leastJava) return { java, version }
  return { problem: `version ${version || 'unknown'} is too old: Kafka needs ${leastJava} or newer` }
}

/** `17.0.15` for `openjdk version "17.0.15" …`, `8.0_392` for `java version "1.8.0_392"`, nothing where it says none. */
export function javaVersion(text: string): string {
  return /version "(?:1\.)?([\w.+-]+)"/.exec(text)?.[1] ?? ''
}
