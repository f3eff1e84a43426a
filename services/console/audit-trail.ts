// What operators did, as the console lists it: the newest audit records of the reports topic, in memory.
import type { AuditRecord } from '../topics/records.ts'
import type { Told } from '../topics/reports.ts'

export type AuditTrail = {
  add: (told: Told) => AuditRecord | undefined
  /** Newest first. */
  page: (page: number, perPage: number) => { records: AuditRecord[]; total: number }
}

export function createAuditTrail(most = 2_000): AuditTrail {
  const records: AuditRecord[] = []
  return {
    add(told) {
      if (told.kind !== 'audit') return undefined
      records.push(told.audit)
      if (records.length > most) records.shift()
      return told.audit
    },
    page(page, perPage) {
      const first = (page - 1) * perPage
      return { records: records.toReversed().slice(first, first + perPage), total: records.length }
    },
  }
}
