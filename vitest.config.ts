// Tests: one broker a run, three workers, for most of a test is waiting. What takes minutes (faults, bench) has commands of its own.
import { configDefaults, defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * The longest, most of them small: by size alone they would begin last, and the other workers would wait for them. What starts processes
 * by the dozen is not beside what has a time limit.
 */
const LONGEST = [
  'readme-commands',
  'backfill/closing',
  'backfill/answers',
  'operations/dead-letters',
  'integration/brokers',
  'cli/least-rights',
  'sinks/fourth-sink',
  'cli/ask-vendor',
  'e2e/frame',
  'e2e/dead-letters',
  'segment/conformance',
  'cloudwatch/conformance',
  'papertrail/conformance',
  'e2e/kafka-away',
  'prove/prove',
  'runtime/ticks',
  'backfill/faults',
  'ingest/kafka-state',
  'ingest/bodies',
  'backfill/reconcile',
  'slack/foreign',
  'backfill/restart',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
      return at === -1 ? LONGEST.length : at
    }
    // oxlint-disable-next-line no-array-sort -- the sequencer's own
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/faults/**', 'test/bench/**'],
    globalSetup: 'test/support/broker.ts',
    pool: 'forks',
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: 'default',
  },
})
