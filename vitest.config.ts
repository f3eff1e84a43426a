// Tests: one broker a run, three workers, for most of a test is waiting. What takes minutes (faults, bench) has commands of its own.
import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/faults/**', 'test/bench/**'],
    globalSetup: 'test/support/broker.ts',
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: 'default',
  },
})
