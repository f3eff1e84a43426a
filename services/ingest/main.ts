#!/usr/bin/env node
import { runProcess } from '../platform/lifecycle.ts'
import { startIngest } from './run.ts'

await runProcess(process, async (env, lifecycle) => {
  await startIngest(env, lifecycle)
})
