#!/usr/bin/env node
import { runSink } from '../runtime/run.ts'
import { segment } from './sink.ts'

await runSink(segment, process)
