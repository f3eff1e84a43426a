// Who runs the command, for the audit record. A container's user often has a number and no name.
import { userInfo } from 'node:os'
import { getuid } from 'node:process'

export function userName(ask: () => { username: string } = userInfo): string {
  try {
    return ask().username
  } catch {
    return `uid ${getuid?.() ?? 'unknown'}`
  }
}
