// Records of others in our own topics that are not understood, by topic: how many, what that means for the logs, what to do. One home: the
// page and the CLI say the same.
import { MOST_NOT_UNDERSTOOD, type NotUnderstood } from '../topics/not-understood.ts'

/** `count` is all of them, `records` the first of them with their places. `meaning` and `toDo` are sentences for an operator. */
export type LeftOut = { topic: string; count: number; meaning: string; toDo: string; records: NotUnderstood[] }

const CONTROL = {
  meaning:
    'No log is lost. A setting, state or job that this record should have set does not apply: the one before it still does.',
  toDo: 'Find out what writes to this topic, and write it again with auth0-logs or the console. To remove a record, write an empty record (a tombstone) with its key. A newer version of a service writes what an older one does not know: update this one.',
}
const REPORTS = {
  meaning:
    'No log is lost, and deliveries and ledgers do not depend on it. Runs or audit records may be missing here and in Slack.',
  toDo: 'Find out what else writes to this topic. The records expire with it. A newer version of a service writes what an older one does not know: update this one.',
}

/** What was left out of a topic: all of them counted, the first of them kept. */
export type Left = { count: number; records: readonly NotUnderstood[] }

/** By topic; one in which nothing was left out does not appear. */
export const leftOutByTopic = (control: Left, reports: Left): LeftOut[] => [...told(control, CONTROL), ...told(reports, REPORTS)]

const told = ({ count, records }: Left, words: typeof CONTROL): LeftOut[] =>
  count === 0 ? [] : [{ topic: records[0].topic, count, ...words, records: records.slice(0, MOST_NOT_UNDERSTOOD) }]
