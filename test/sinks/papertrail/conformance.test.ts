// Papertrail under the suite of all sinks.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { startPapertrail } from '../../../services/sandbox/papertrail.ts'
import type { Sink } from '../../../services/sinks/runtime/contract.ts'
import { papertrail } from '../../../services/sinks/papertrail/sink.ts'
import { conformance } from '../conformance.ts'

const dir = mkdtempSync(join(tmpdir(), 'papertrail-conformance-'))
afterAll(() => rmSync(dir, { recursive: true }))
await startPapertrail({ dir }).then((first) => first.close()) // makes the certificates that all of this file share

const untyped = papertrail as unknown as Sink

conformance({
  // The vendor's 5 s are kept in deliver.test.ts; here they would only make each commit slow.
  sink: { ...untyped, limits: (settings) => ({ ...untyped.limits(settings), settleMs: 300 }) },
  open: (port) => startPapertrail({ port, dir }),
  env: ({ host, port, caFile }) => ({
    PAPERTRAIL_HOST: host,
    PAPERTRAIL_PORT: String(port),
    PAPERTRAIL_CA_FILE: caFile,
  }),
  dataOf: ({ text }) => JSON.parse(text),
  tooLargeBytes: 100_000,
  passing: [{ fault: { fault: 'reset', times: 2 }, told: /^(connection_reset|econnreset): / }],
  acknowledges: false,
})
