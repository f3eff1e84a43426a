// Tests: one broker a run, two workers. What takes minutes (faults, bench) has commands of its own.
import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/faults/**', 'test/bench/**'],
    globalSetup: 'test/support/broker.ts',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: 'default',
  },
})
