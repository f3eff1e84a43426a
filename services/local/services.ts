// The services that `npm start` runs beside the broker: which are started, with what environment, and what is to be said of them.
import type { Lifecycle } from '../platform/lifecycle.ts'
import type { Environment } from '../platform/settings.ts'
import type { BannerRow } from './banner.ts'
import { askCheck, type Check, type Plan, planDelivery } from './check.ts'
import type { Output } from './output.ts'
import { untilReady } from './ready.ts'
import type { Roster } from './roster.ts'
import { startSandbox } from './sandbox.ts'
import { type Service, supervise } from './supervise.ts'
import type { Watched } from './watchdog.ts'

export type Services = {
  /** Settles when the sandbox has announced itself and every sink has said what it is set up for. */
  prepared: Promise<void>
  /** Starts all others. @param env what they need to reach the broker */
  start: (env: Environment) => void
  /** Waits until all are ready, or for a minute: a row for each, and where the ones with a page or an address are. */
  ready: (access: Access) => Promise<{ rows: BannerRow[]; origins: { ingest: string; console?: string } }>
}

/** `login` where the console's user was made here. */
export type Access = { token: string; login?: { name: string; password: string } }

const readyLimitMs = 60_000
const graceMs = 10_000
/** Of a service, with the time that SIGKILL needs to work. */
const closeLimitMs = graceMs + 6_000

/** Starts the sandbox at once. Closes the services first, then the sandbox. */
export function openServices(options: {
  roster: Roster
  root: string
  env: Environment
  output: Output
  lifecycle: Lifecycle
  onStart: (watched: Watched) => void
  onExit: (kill: () => void) => void
}): Services {
  const { roster, root, output, lifecycle, onStart, onExit } = options
  const { signal } = lifecycle
  let env = options.env
  const services: Service[] = []
  const checks = new Map<string, Check>()

  const open = (name: string, own: () => Environment = () => ({}), onLine = output.from(name)): Service => {
    signal.throwIfAborted()
    const service = supervise({
      name,
      main: roster.main(name),
      cwd: root,
      env: () => ({ ...env, ...own() }),
      onLine,
      say: output.say,
      onStart,
    })
    onExit(service.kill)
    return service
  }
  const sandbox = roster.hasSandbox
    ? startSandbox((onLine) => open('sandbox', undefined, onLine), output.from('sandbox'), moveToSandbox)
    : undefined
  lifecycle.onClose('the sandbox', () => sandbox?.service.stop(graceMs), closeLimitMs)
  lifecycle.onClose('the services', () => Promise.all(services.map((service) => service.stop(graceMs))), closeLimitMs)

  const plan = (name: string): Plan =>
    planDelivery(checks.get(name) ?? { unanswered: 'not asked' }, sandbox?.current()?.standIns[name])

  /** The sandbox is somewhere else now: those that deliver to it must know. */
  function moveToSandbox(): void {
    for (const service of services) {
      if (checks.has(service.name) && plan(service.name).delivers === 'to the sandbox') service.replace()
    }
  }

  async function prepare(): Promise<void> {
    // The broker comes later: that it is not known yet is no problem of theirs.
    const asked = { ...env, KAFKA_BROKERS: env.KAFKA_BROKERS?.trim() || 'localhost:9092' }
    const asking = roster.delivering.map(async (name) => {
      const slow = (seconds: number) =>
        output.say(
          'warn',
          `${name} has not told what it is set up for within ${seconds} s: the machine is busy, it is asked again`,
        )
      checks.set(name, await askCheck(roster.main(name), asked, slow, signal))
    })
    await Promise.all([...asking, sandbox?.announced(signal)])
  }

  function start(brokerEnv: Environment): void {
    env = { ...env, ...brokerEnv }
    services.push(open('ingest', () => tenantOf(env, sandbox?.current()?.standIns.auth0)))
    for (const name of roster.delivering) {
      const { delivers, refused } = plan(name)
      if (refused) {
        output.say('error', [`${name} is not started:`, ...refused].join('\n  '))
        continue
      }
      if (delivers === 'to the sandbox') output.say('info', `none of ${name}'s settings is given: it delivers to the sandbox`)
      services.push(open(name, () => plan(name).env))
    }
    if (roster.hasConsole) services.push(open('console'))
  }

  async function ready({ token, login }: Access) {
    const tls = (name: string) => name === 'ingest' && (env.INGEST_TLS_CERT_FILE ?? '').trim() !== ''
    const waiting = services.map(async (s) => [s.name, await untilReady(s, tls(s.name), readyLimitMs, signal)] as const)
    const problems = new Map(await Promise.all(waiting))
    const origin = (name: string) => {
      const port = services.find((service) => service.name === name)?.port()
      return `${tls(name) ? 'https' : 'http'}://127.0.0.1:${port ?? '?'}`
    }
    const rows: BannerRow[] = [
      { name: 'ingest', text: `${origin('ingest')}/logs  Authorization: ${token}`, problem: problems.get('ingest') },
    ]
    for (const name of roster.delivering) {
      const { delivers, refused } = plan(name)
      rows.push({ name, text: `delivers ${delivers}`, problem: refused?.join('; ') ?? problems.get(name) })
    }
    if (sandbox) {
      const page = sandbox.current()?.control.origin
      rows.push({ name: 'sandbox', text: `${page}`, problem: page ? undefined : 'it has not said where its stand-ins are' })
    }
    if (roster.hasConsole) {
      const who = login ? `user ${login.name}, password ${login.password}` : 'users as in CONSOLE_USERS'
      rows.push({ name: 'console', text: `${origin('console')}  ${who}`, problem: problems.get('console') })
    }
    return { rows, origins: { ingest: origin('ingest'), ...(roster.hasConsole ? { console: origin('console') } : {}) } }
  }

  return { prepared: prepare(), start, ready }
}

/** A backfill none of whose Auth0 settings is given reads the sandbox's tenant. */
function tenantOf(env: Environment, tenant: Readonly<Record<string, unknown>> | undefined): Environment {
  const isOwn = ['AUTH0_DOMAIN', 'AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET'].some((name) => (env[name] ?? '').trim() !== '')
  if (isOwn || !tenant) return {}
  const { origin, domain, clientId, clientSecret } = tenant
  const settings = { AUTH0_API_URL: origin, AUTH0_DOMAIN: domain, AUTH0_CLIENT_ID: clientId, AUTH0_CLIENT_SECRET: clientSecret }
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value ?? '')]))
}
