// The import rule and the few other rules of the tree, held against every file of services/ and, planted, against the rule itself.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../services/', import.meta.url).pathname

/** Folder -> what it may import of the project beside itself. `sinks/x` stands for every sink, `sinks/x/stand-in` for its vendor's. */
const MAY_IMPORT: Record<string, string[]> = {
  events: [],
  topics: ['events', 'platform'],
  platform: [],
  operations: ['events', 'topics', 'platform'],
  auth0: ['platform'],
  ingest: ['events', 'topics', 'platform', 'operations', 'auth0'],
  'sinks/runtime': ['events', 'topics', 'platform'],
  'sinks/x': ['events', 'sinks/runtime', 'platform'],
  'sinks/x/stand-in': ['sandbox', 'platform'],
  console: ['events', 'topics', 'platform', 'operations'],
  slack: ['events', 'topics', 'platform', 'operations'],
  cli: ['events', 'topics', 'platform', 'operations', 'auth0'],
  sandbox: ['platform'],
  local: ['platform'],
}
const SINKS = readdirSync(join(ROOT, 'sinks')).filter((name) => name !== 'runtime')
const MOST_LINES = 250
const KAFKA_CLIENTS = ['kafkajs', '@platformatic/kafka']

function folderOf(path: string): string {
  const [first, second, third] = path.split('/')
  if (first !== 'sinks') return first
  return third === 'stand-in' ? `sinks/${second}/stand-in` : `sinks/${second}`
}

/** The row of MAY_IMPORT for a folder. */
const kindOf = (folder: string) => (folder === 'sinks/runtime' ? folder : folder.replace(/^sinks\/[^/]+/, 'sinks/x'))

/** What a file breaks. @param path below services/ */
function violations(path: string, source: string): string[] {
  const folder = folderOf(path)
  const allowed = MAY_IMPORT[kindOf(folder)]
  if (!allowed) return [`${path}: services/${folder} is no folder of the design`]
  const found: string[] = []
  for (const specifier of importsOf(source)) {
    if (specifier.startsWith('.')) {
      const target = folderOf(join(path, '..', specifier))
      if (target !== folder && !allowed.includes(target)) found.push(`${path}: imports ${target}`)
    } else {
      if (KAFKA_CLIENTS.some((client) => specifier.startsWith(client)) && folder !== 'topics')
        found.push(`${path}: imports ${specifier}`)
      if (specifier === 'auth0' && folder !== 'auth0') found.push(`${path}: imports ${specifier}`)
      if (folder === 'events' && specifier !== 'node:crypto') found.push(`${path}: is pure and imports ${specifier}`)
    }
  }
  if (
    !path.endsWith('/main.ts') &&
    /\bprocess\.(env|exit|on)\b/.test(withoutComments(source).replaceAll('globalThis.process', ''))
  ) {
    found.push(`${path}: touches the process; only main.ts may`)
  }
  if (folder === 'events' && /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b/.test(withoutComments(source)))
    found.push(`${path}: is pure and asks the clock or chance`)
  if (folder === 'sinks/runtime' && SINKS.some((sink) => source.toLowerCase().includes(`'${sink}'`)))
    found.push(`${path}: names a sink`)
  return found
}

const IMPORT = /^(?:import|export|\})(?:[^'\n]* from)? '([^']+)'|\bimport\('([^']+)'\)/gm

/** What a file imports, types included, as it is written. */
const importsOf = (source: string): string[] => [...source.matchAll(IMPORT)].map(([, statement, call]) => statement ?? call)

/** Files that import each other, directly or through others, each circle once. @param sources path below services/ -> text */
function circles(sources: ReadonlyMap<string, string>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const path: string[] = []
  function visit(file: string): void {
    const at = path.indexOf(file)
    if (at >= 0) found.push([...path.slice(at), file].join(' > '))
    if (at >= 0 || done.has(file)) return
    path.push(file)
    for (const specifier of importsOf(sources.get(file) ?? '')) if (specifier.startsWith('.')) visit(join(file, '..', specifier))
    path.pop()
    done.add(file)
  }
  for (const file of sources.keys()) visit(file)
  return found
}

const withoutComments = (source: string) => source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '')

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

describe('architecture', () => {
  it('services - import only what the design allows', () => {
    expect(files.length).toBeGreaterThan(50)
    expect(files.flatMap((file) => violations(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([])
  })

  it('services - no two files import each other, not even for a type', () => {
    expect(circles(new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')])))).toEqual([])
  })

  it('circles - found through any number of files, types included', () => {
    const sources = new Map([
      ['a/one.ts', "import { two } from './two.ts'"],
      ['a/two.ts', "import {\n  three,\n} from '../b/three.ts'"],
      ['b/three.ts', "import type { One } from '../a/one.ts'"],
      ['b/four.ts', "import { one } from '../a/one.ts'"],
    ])
    expect(circles(sources)).toEqual(['a/one.ts > a/two.ts > b/three.ts > a/one.ts'])
  })

  it('services/README.md - its table is the import rule, and every file that it names exists', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
    const rows = readme.matchAll(/^\| `services\/([\w/-]+)\/` \| [^|]+ \| ([\w, /]+) \|$/gm)
    const told = [...rows].map(([, folder, may]) => [folder, may === 'nothing' ? [] : may.split(', ')])
    expect(Object.fromEntries(told)).toEqual(MAY_IMPORT)
    const named = [...readme.matchAll(/`(?:services|test)\/[\w./-]*\w\/?`/g)].map(([path]) => path.slice(1, -1))
    const real = named.filter((path) => !path.startsWith('services/sinks/x/'))
    expect(real.filter((path) => !existsSync(join(ROOT, '..', path)))).toEqual([])
  })

  it('the way of a log - no file is longer than one reads in a sitting', () => {
    const way = files.filter((file) => /^(ingest|topics|sinks)\//.test(file))
    expect(way.length).toBeGreaterThan(80)
    const lines = (file: string) => readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1
    expect(way.filter((file) => lines(file) > MOST_LINES)).toEqual([])
  })

  it('services - every file says in its first line what it is', () => {
    const silent = files.filter((file) => !/^(#!.*\n)?(\/\/|\/\*\*)/.test(readFileSync(join(ROOT, file), 'utf8')))
    expect(silent.filter((file) => !file.endsWith('main.ts'))).toEqual([])
  })

  it.each([
    ['sinks/segment/encode.ts', "import { a } from '../cloudwatch/encode.ts'"],
    ['sinks/segment/encode.ts', "import { a } from '../../topics/produce.ts'"],
    ['sinks/runtime/flow.ts', "import { a } from '../segment/encode.ts'"],
    ['sinks/runtime/flow.ts', "const a = 'segment'"],
    ['ingest/run.ts', "import { a } from '../console/server.ts'"],
    ['ingest/run.ts', "import { Kafka } from 'kafkajs'"],
    ['ingest/run.ts', 'const port = process.env.PORT'],
    ['events/split.ts', "import { isUtf8 } from 'node:buffer'"],
    ['events/split.ts', 'const now = Date.now()'],
    ['sinks/segment/deliver.ts', "import { a } from './stand-in/start.ts'"],
    ['sinks/segment/stand-in/start.ts', "import { a } from '../encode.ts'"],
    ['sandbox/slack/start.ts', "import { a } from '../../topics/names.ts'"],
    ['sandbox/start.ts', "import { a } from '../sinks/segment/stand-in/start.ts'"],
    ['platform/http.ts', "import { a } from '../events/split.ts'"],
    ['local/start.ts', "import { startIngest } from '../ingest/run.ts'"],
    ['misc/thing.ts', ''],
  ])('rule - finds what is planted in %s: %s', (path, source) => {
    expect(violations(path, source)).toHaveLength(1)
  })
})
