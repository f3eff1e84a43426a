// The JSON Schemas of what crosses a process boundary, as checks.
import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'

const FOLDER = new URL('../../schemas/', import.meta.url)
const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false })

/** Names of the schemas: files of schemas/ without their ending. */
export const schemaNames = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''))
const checks = new Map(
  schemaNames.map((name) => [name, ajv.compile(JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')))]),
)

/** What is wrong with a value by a schema, one line a problem; empty when nothing is. */
export function schemaProblems(name: string, value: unknown): string[] {
  const check = checks.get(name)
  if (!check) throw new Error(`there is no schemas/${name}.json`)
  return check(value) ? [] : (check.errors ?? []).map(({ instancePath, message }) => `${name}${instancePath} ${message}`)
}
