#!/usr/bin/env node
import { runSink } from '../runtime/run.ts'
import { papertrail } from './sink.ts'

await runSink(papertrail, process)
