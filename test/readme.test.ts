// The README tells what is: its tables, files, links, examples and command lines. test/readme-commands.test.ts runs its commands.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { ownCommands } from '../services/cli/own.ts'
import { createProgram } from '../services/cli/program.ts'
import type { Terminal } from '../services/cli/terminal.ts'
import { operations } from '../services/operations/index.ts'
import { cloudwatch } from '../services/sinks/cloudwatch/sink.ts'
import { anchors, commands, fences, inlineCommands, localLinks } from './support/readme.ts'
import { README, settingsTables, withTables } from './support/settings-tables.ts'

const readme = readFileSync(README, 'utf8')
const isThere = (path: string) => existsSync(new URL(`../${path}`, import.meta.url))

describe('README', () => {
  it('settings tables - are those of the field rows (npm run readme writes them)', () => {
    expect(withTables(readme)).toBe(readme)
  })

  it('files - every one it names exists', () => {
    const started = commands(readme).flatMap(({ line }) => /^node (services\S+)$/.exec(line)?.[1] ?? [])
    const inText = [...readme.matchAll(/`((?:services|schemas|test)\/[\w./-]*\w\/?)`/g)].map(([, path]) => path)
    const named = [...inText, ...started]
    expect(inText.length).toBeGreaterThan(10)
    expect(named.filter((path) => !isThere(path))).toEqual([])
  })

  it('folders - every one of services/ is in its table', () => {
    const folders = readdirSync(new URL('../services', import.meta.url), { withFileTypes: true }).filter((one) =>
      one.isDirectory(),
    )
    expect(folders.map(({ name }) => name).filter((name) => !readme.includes(`\`services/${name}/`))).toEqual([])
  })

  it('links - every file and every heading they lead to is there', () => {
    const known = anchors(readme)
    const links = localLinks(readme)
    expect(links.length).toBeGreaterThan(15)
    expect(links.filter((link) => (link.startsWith('#') ? !known.includes(link) : !isThere(link.split('#')[0])))).toEqual([])
  })

  it('settings - every name in the text is one that a service reads', () => {
    const known = namesIn(settingsTables())
    const text = readme.split('<!-- settings:')[0]
    const named = [...text.matchAll(/`([A-Z][A-Z\d]*_[A-Z\d_]*[A-Z\d])(?:=[^`]*)?`/g)].map(([, name]) => name)
    const perSink = (name: string) => name.replace(/^(CLOUDWATCH|SEGMENT|PAPERTRAIL)_/, '')
    const isKnown = (name: string) => known.has(name) || known.has(perSink(name)) || known.has(`SINK_${perSink(name)}`)
    const compose = readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8')
    const ofOthers = [
      'HTTPS_PROXY',
      'NO_PROXY',
      'NODE_USE_ENV_PROXY',
      'SANDBOX_PORT',
      ...(compose.match(/BUNDLED_\w+|FILES_DIR/g) ?? []),
    ]
    expect(named.filter((name) => !isKnown(name) && !ofOthers.includes(name))).toEqual([])
  })

  it('metrics - every one it names is in the page of metrics', () => {
    const page = readFileSync(new URL('../services/deploy/README.md', import.meta.url), 'utf8')
    const named = readme.match(/auth0_logs_\w+/g) ?? []
    expect(named.length).toBeGreaterThan(2)
    expect(named.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })

  it('.env.example - says nothing as it is, and all of it is settings that are known', () => {
    const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8')
    expect(parseEnv(example)).toEqual({})
    const named = Object.keys(parseEnv(example.replaceAll(/^#(?=[A-Z_]+=)/gm, '')))
    expect(named.length).toBeGreaterThan(6)
    expect(named.filter((name) => !namesIn(settingsTables()).has(name))).toEqual([])
  })

  it('JSON - every block can be parsed; the policy grants what CloudWatch needs', () => {
    const blocks = fences(readme).filter(({ language }) => language === 'json')
    const [policy] = blocks.map(({ text }) => JSON.parse(text) as { Statement: { Action: string[] }[] })
    const needed = (cloudwatch.permissions ?? []).join().match(/logs:\w+/g) ?? []
    expect(needed.length).toBeGreaterThan(3)
    expect(policy.Statement[0].Action).toEqual(expect.arrayContaining([...new Set(needed)]))
  })

  it('command lines - every one in the text and in a block is a command with options that there are', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { scripts: object }
    const all = [...inlineCommands(readme), ...commands(readme).map(({ line }) => line)]
    const ours = all.filter((line) => /^(npx )?auth0-logs /.test(line))
    expect(ours.length).toBeGreaterThan(40)
    expect(ours.flatMap((line) => problemOf(line) ?? [])).toEqual([])
    const npm = all.flatMap((line) => /^npm (?:run )?(?!ci\b)(\S+)/.exec(line)?.[1] ?? [])
    expect(npm.filter((script) => !Object.hasOwn(scripts, script))).toEqual([])
  })

  it('code blocks - fit into 80 columns', () => {
    const long = fences(readme).filter(({ language }) => language !== 'json')
    expect(long.flatMap(({ text }) => text.split('\n')).filter((line) => line.length > 80)).toEqual([])
  })
})

function namesIn(tables: string): Set<string> {
  return new Set([...tables.matchAll(/^\| (.*?) \|/gm)].flatMap(([, names]) => names.match(/\w+_\w+|[A-Z]{5,}/g) ?? []))
}

/** Undefined where the command and all its options are known. */
function problemOf(line: string): string | undefined {
  const terminal = { env: {}, args: [], stdout: process.stdout, stderr: process.stderr } as unknown as Terminal
  const program = createProgram(
    operations,
    ownCommands(terminal),
    async () => {},
    () => {},
  )
  const words = line.replace(/^(npx )?auth0-logs /, '').split(' ')
  let command: Command | undefined = program
  while (command && command.commands.length > 0)
    command = command.commands.find((sub) => sub.name() === words[0] && words.shift())
  if (!command) return `${line}: no such command`
  // `simulate` hands its options on to a program of its own, which the run of its commands tries.
  if (command.name() === 'simulate') return undefined
  const known = command.options.flatMap(({ long }) => long ?? [])
  const unknown = words.filter((word) => word.startsWith('--') && !known.includes(word))
  const missing = command.registeredArguments.filter((argument, i) => argument.required && words[i] === undefined)
  return unknown.length + missing.length > 0
    ? `${line}: ${[...unknown, ...missing.map((one) => one.name())].join(', ')}`
    : undefined
}
