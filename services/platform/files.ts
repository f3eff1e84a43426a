// Files that settings name.
import { readFileSync } from 'node:fs'

/** Bytes of a file named by a setting, read at start so that a wrong path is told at once. */
export function fileContent(path: string): { value: Buffer | undefined } | { problem: string } {
  try {
    return { value: readFileSync(path) }
  } catch (error) {
    return { problem: `names a file that cannot be read (${(error as NodeJS.ErrnoException).code})` }
  }
}
