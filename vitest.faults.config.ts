// `npm run test:faults`: what takes minutes. Each file has brokers and processes of its own and runs alone. KAFKA_VERSION=4.4.0 runs it
// on another Kafka.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 90_000,
    // Tells each test as it ends.
    reporters: 'verbose',
  },
})
