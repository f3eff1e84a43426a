// `npm run check`: the architecture test alone, without a broker.
import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { include: ['test/architecture.test.ts'] } })
