// Every folder below services/sinks/ under the suite of all sinks: those whose vendor needs no words of its own run it from here.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findSink, sinkNames } from '../support/sinks.ts'
import { conformance, subjectOf } from './conformance.ts'

const hasItsOwn = (name: string) => existsSync(join(import.meta.dirname, name, 'conformance.test.ts'))

test.each(sinkNames())(
  '%s - its folder holds the sink of that name, settings for its stand-in, and the stand-in',
  async (name) => {
    const { sink, start, env } = await findSink(name)
    const standIn = await start({})
    expect([sink.name, standIn.name]).toEqual([name, name])
    expect(Object.keys(env(standIn)).length).toBeGreaterThan(0)
    await standIn.close()
  },
)

for (const name of sinkNames()) if (!hasItsOwn(name)) conformance(await subjectOf(await findSink(name)))
