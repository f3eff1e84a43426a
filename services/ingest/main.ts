#!/usr/bin/env node
import { runProcess } from '../platform/lifecycle.ts'
import { checkIngest } from './check.ts'
import { startIngest } from './run.ts'

if (process.argv.includes('--check')) checkIngest(process)
else
  await runProcess(process, async (env, lifecycle) => {
    await startIngest(env, lifecycle)
  })
