// Which stand-ins there are, found by their folders: a sink's vendor is in the sink's own, Auth0 and Slack are beside this file.
import { globSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { StandIn, StandInOptions } from './stand-in.ts'

/** What `start.ts` of a stand-in's folder exports as `start`. */
export type StartStandIn = (options: StandInOptions) => Promise<StandIn>

export type FoundStandIn = { name: string; file: string }

/** @param servicesRoot the folder `services`, or one built like it */
export function findStandIns(servicesRoot: string): FoundStandIn[] {
  const found = (pattern: string, nameOf: (file: string) => string) =>
    globSync(pattern, { cwd: servicesRoot })
      .toSorted()
      .map((file) => ({ name: nameOf(file), file: join(servicesRoot, file) }))
  return [
    ...found('sinks/*/stand-in/start.ts', (file) => basename(dirname(dirname(file)))),
    ...found('sandbox/*/start.ts', (file) => basename(dirname(file))),
  ]
}

/** @throws where the file exports no `start` */
export async function loadStandIn({ file }: FoundStandIn): Promise<StartStandIn> {
  const { start } = (await import(pathToFileURL(file).href)) as { start?: unknown }
  if (typeof start !== 'function') throw new Error(`${file} exports no function start: that is how a stand-in is started`)
  return start as StartStandIn
}
