#!/usr/bin/env node
import { runConsole } from './run.ts'

await runConsole(process)
