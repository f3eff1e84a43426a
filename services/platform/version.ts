// The project's version, from package.json: in the build metric, the service records and the dead letters.
import { readFileSync } from 'node:fs'

export const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
