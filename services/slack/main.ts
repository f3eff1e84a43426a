#!/usr/bin/env node
import { runSlack } from './run.ts'

await runSlack(process)
