// Segment's memory of the messageIds it has seen.
// https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/ (Deduplication)
import { createIdSet } from '../../../sandbox/id-set.ts'

/** How long a messageId is remembered at least; twice as long at most, so that a long run does not grow for ever. */
const REMEMBERED_MS = 24 * 60 * 60 * 1_000

export type Dedupe = { isNew: (id: string, now: number) => boolean; clear: () => void }

/** Two sets in turn: new ids go into the younger, which becomes the older after a day. */
export function createDedupe(): Dedupe {
  let younger = createIdSet()
  let older = createIdSet()
  let since: number | undefined
  return {
    isNew(id, now) {
      since ??= now
      if (now - since > REMEMBERED_MS) {
        older = younger
        younger = createIdSet()
        since = now
      }
      return !older.has(id) && younger.add(id)
    },
    clear() {
      younger.clear()
      older.clear()
      since = undefined
    },
  }
}
