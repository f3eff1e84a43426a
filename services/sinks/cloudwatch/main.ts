#!/usr/bin/env node
import { runSink } from '../runtime/run.ts'
import { cloudwatch } from './sink.ts'

await runSink(cloudwatch, process)
