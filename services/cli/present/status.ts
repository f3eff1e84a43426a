// What `status` says: a table of all services, or one with its partitions.
import type { ServiceStatus, Status } from '../../operations/status.ts'
import { ago, count, cut, facts, table, time, until } from '../table.ts'
import type { Style } from '../terminal.ts'
import type { Shown } from './shown.ts'
import { statusPaint } from './runs.ts'

export function presentStatus(status: Status, shown: Shown): string {
  if (shown.given.service !== undefined && status.services.length === 1) return detail(status, status.services[0], shown)
  return overview(status, shown)
}

// ---- all services ----

function overview({ topic, services }: Status, { style, now }: Shown): string {
  const held = `${topic.name}: ${count(topic.records)} logs in ${topic.partitions} partitions`
  if (services.length === 0) return 'no service has announced itself yet'
  const rows = services.map((service) => [
    service.name,
    stateText(service, style),
    service.group === '' ? '' : String(service.members.length),
    service.lag === null ? '' : count(service.lag),
    ago(service.oldestUndelivered, now).replace(/ ago$/, ''),
    service.account === null ? '' : service.account.balances ? style.green('yes') : style.red('NO'),
    lastText(service, now, style),
    until(service.nextRun, now),
  ])
  const columns = [
    { title: 'service' },
    { title: 'state' },
    { title: 'members', right: true },
    { title: 'lag', right: true },
    { title: 'oldest', right: true },
    { title: 'balances' },
    { title: 'last run' },
    { title: 'next run' },
  ]
  return [
    style.dim(topic.partitions > 0 ? held : 'no main topic yet'),
    '',
    table(columns, rows, style.dim),
    ...remarks(services, now, style),
  ].join('\n')
}

/** What needs a person, one line each, below the table. */
function remarks(services: readonly ServiceStatus[], now: number, style: Style): string[] {
  const lines = services.flatMap(({ name, trouble, openReset, setBy, state, partitions, members, group, kind }) => [
    ...(openReset === '' ? [] : [style.red(openReset)]),
    ...(trouble ? [style.red(`${name} ${trouble.status === 'held' ? 'is held' : 'fails'}: ${cut(trouble.error, 200)}`)] : []),
    ...(kind === 'sink' && state !== 'stopped' && group !== '' && members.length === 0
      ? [style.red(`${name} has no member in its group: its process does not run, or cannot reach Kafka`)]
      : []),
    ...(partitions.some(({ balances }) => !balances)
      ? [style.red(`${name}: the account does not balance; auth0-logs status ${name}`)]
      : []),
    ...(setBy && state !== 'running' ? [`${name} was ${state} by ${setBy.by}, ${ago(setBy.at, now)}`] : []),
  ])
  return lines.length > 0 ? ['', ...lines] : []
}

function stateText({ state, trouble }: ServiceStatus, style: Style): string {
  if (trouble) return style.red(trouble.status === 'held' ? 'held' : 'failing')
  return state === 'running' ? style.green(state) : style.yellow(state)
}

function lastText({ lastRun }: ServiceStatus, now: number, style: Style): string {
  if (!lastRun) return style.dim('none yet')
  return `${statusPaint(lastRun.status, style)(lastRun.status)} ${ago(lastRun.end, now)}`
}

// ---- one service ----

function detail({ topic }: Status, service: ServiceStatus, shown: Shown): string {
  const { style, now } = shown
  const { setBy, account, lastRun, trouble } = service
  const wish = setBy
    ? ` (set by ${setBy.by}, ${ago(setBy.at, now)}${setBy.overrides ? `; overrides ${setBy.overrides} of the environment` : ''})`
    : ''
  const told = facts(
    [
      ['state', `${service.state}${wish}`],
      ['trouble', trouble ? style.red(`${trouble.status} since ${time(trouble.since)}: ${trouble.error}`) : ''],
      ['delivers to', service.sandbox ? 'the sandbox, in a group of its own' : ''],
      ['schedule', `${service.schedule}${service.timeZone && service.schedule !== 'continuous' ? ` (${service.timeZone})` : ''}`],
      ['next run', service.nextRun ? `${time(service.nextRun)} UTC, ${until(service.nextRun, now)}` : ''],
      [
        'last run',
        lastRun
          ? `${lastText(service, now, style)}, ${count(lastRun.logsProcessed)} logs${lastRun.error ? `: ${cut(lastRun.error, 200)}` : ''}`
          : '',
      ],
      ['checkpoint', service.checkpoint],
      ['lag', service.lag === null ? '' : `${count(service.lag)} of ${count(topic.records)} logs in ${topic.name}`],
      [
        'oldest waits',
        service.oldestUndelivered ? `since ${time(service.oldestUndelivered)} UTC, ${ago(service.oldestUndelivered, now)}` : '',
      ],
      ['group', service.group ? `${service.group}  ${style.dim(service.groupState)}` : ''],
      ['started', `${time(service.startedAt)} UTC, version ${service.version}`],
    ],
    style.dim,
  )
  const members = service.members.map(({ client, host, partitions }) => [client, host, partitions.join(' ')])
  return [
    style.bold(service.name),
    told,
    ...(members.length > 0
      ? [`\n${table([{ title: 'member' }, { title: 'host' }, { title: 'partitions' }], members, style.dim)}`]
      : []),
    ...(account ? [`\n${partitionTable(service, style)}`] : []),
  ].join('\n')
}

const COUNTS = ['delivered', 'filtered', 'duplicates', 'dead_lettered', 'expired', 'lag'] as const

function partitionTable({ partitions, account }: ServiceStatus, style: Style): string {
  const columns = ['partition', 'base', 'end', 'delivered', 'filtered', 'duplicates', 'dead letters', 'expired', 'lag']
  const rows = partitions.map((partition) => [
    String(partition.partition),
    count(partition.base),
    count(partition.end),
    ...COUNTS.map((name) => count(partition[name])),
    partition.balances ? style.green('=') : style.red('NOT EQUAL'),
    style.yellow(partition.kind === 'new' ? '' : partition.note),
  ])
  const sums = account ? ['all', '', '', ...COUNTS.map((name) => count(account[name])), '', ''] : []
  const told = account?.balances
    ? style.green(
        'It balances: end − base = delivered + filtered + duplicates + dead letters + expired + lag, in every partition.',
      )
    : style.red('It does not balance: see the partitions marked NOT EQUAL.')
  return `${table([...columns.map((title) => ({ title, right: true })), { title: '' }, { title: '' }], [...rows, sums], style.dim)}\n${told}`
}
