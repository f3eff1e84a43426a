// Java's archive of the classes that a broker loads (class data sharing): with it a broker starts in half the time, in less memory.
// https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html
import { randomUUID } from 'node:crypto'
import { existsSync, globSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ending } from '../child.ts'

export type ClassArchive = {
  /** Flags of a Java that uses the archive where there is one. */
  use: () => string[]
  /** Flags of a broker, which writes it at its end where there is none yet. */
  useOrMake: () => string[]
  /** Takes what a broker wrote, if it ended as it should: what loaded every class. */
  keep: (ending: Ending) => void
}

/** What a JVM says when it ends on SIGTERM: 128 + 15. */
const endedOnTerm = 143

// An archive that does not fit is not used; nobody needs to read so.
const quiet = ['-Xlog:cds=off', '-Xlog:cds+dynamic=off']

/** @param version of Java: another one cannot read it */
export function classArchive(libs: string, version: string): ClassArchive {
  const archive = join(libs, `java-${version}.jsa`)
  const part = `${archive}.${randomUUID()}`
  const use = () => (existsSync(archive) ? [...quiet, `-XX:SharedArchiveFile=${archive}`] : [])
  return {
    use,
    useOrMake: () => (existsSync(archive) ? use() : [...quiet, `-XX:ArchiveClassesAtExit=${part}`]),
    keep: ({ status }) => {
      if (!existsSync(part)) return
      if (status === endedOnTerm) renameSync(part, archive)
      // Also what brokers wrote whose starter was killed.
      for (const left of globSync(`${archive}.*`)) rmSync(left, { force: true })
    },
  }
}
