// What `status` says: a table of all services, or one with its partitions.
import type { LeftOut } from '../../operations/left-out.ts'
import type { ServiceStatus, Status } from '../../operations/status.ts'
import type { Trouble } from '../../operations/outages.ts'
import { ago, count, cut, span, time, until } from '../table.ts'
import type { Style } from '../terminal.ts'
import type { Shown } from './shown.ts'
import { statusPaint } from './runs.ts'

export function presentStatus(status: Status, shown: Shown): string {
  if (shown.given.service !== undefined && status.services.length === 1) return detail(status, status.services[0], shown)
  return overview(status, shown)
}

// ---- all services ----

function overview({ topic, services, notUnderstood }: Status, shown: Shown): string {
  const { style, now } = shown
  const held = `${topic.name}: ${count(topic.records)} logs in ${topic.partitions} partitions, ${time(new Date(now).toISOString())} UTC`
  if (services.length === 0) return ['No service has announced itself yet.', ...strangeLines(notUnderstood, shown)].join('\n')
  const rows = services.map((service) => [
    service.name,
    stateText(service, style),
    // Where there is little room: that nobody is there is told below anyway.
    service.group === '' || shown.width < ROOMY ? '' : String(service.members.length),
    service.lag === null ? '' : count(service.lag),
    ago(service.oldestUndelivered, now).replace(/ ago$/, ''),
    service.account === null ? '' : service.account.balances ? style.green('yes') : style.red('NO'),
    service.deadLetters?.waiting ? style.red(count(service.deadLetters.waiting)) : '',
    lastText(service, now, style),
    until(service.nextRun, now),
  ])
  const columns = [
    { title: 'service' },
    { title: 'state' },
    { title: 'members', right: true },
    { title: 'waiting', right: true },
    { title: 'oldest', right: true },
    { title: 'balances' },
    { title: 'dead letters', right: true, below: true },
    { title: 'last run' },
    { title: 'next run', below: true },
  ]
  return [
    style.dim(shown.wrap(topic.partitions > 0 ? held : 'The main topic does not exist yet.')),
    '',
    shown.table(columns, rows),
    ...remarks(services, notUnderstood, shown),
  ].join('\n')
}

const ROOMY = 100

/** Whether a service needs a person, as far as `status` can tell. */
export const inTrouble = ({ trouble, openReset, partitions, group, kind, state, members }: ServiceStatus): boolean =>
  trouble !== null ||
  openReset !== '' ||
  partitions.some(({ balances }) => !balances) ||
  (kind === 'sink' && state !== 'stopped' && group !== '' && members.length === 0)

/** What needs a person, below the table. */
function remarks(services: readonly ServiceStatus[], notUnderstood: readonly LeftOut[], shown: Shown): string[] {
  const { style, now } = shown
  const lines = services.flatMap(({ name, trouble, openReset, setBy, state, partitions, members, group, kind, deadLetters }) => [
    ...(openReset === '' ? [] : [style.red(openReset)]),
    ...(trouble ? [style.red(troubleText(name, trouble, now)), style.dim(`  ${trouble.advice}`)] : []),
    ...(kind === 'sink' && state !== 'stopped' && group !== '' && members.length === 0
      ? [style.red(`${name} has no member in its group: no process of it is running, or it cannot reach Kafka`)]
      : []),
    ...(partitions.some(({ balances }) => !balances)
      ? [style.red(`${name}: the ledger does not balance; see auth0-logs status ${name}`)]
      : []),
    ...(deadLetters?.waiting ? [`${name}: ${letters(deadLetters.waiting)}; auth0-logs dead-letters list ${name}`] : []),
    ...(setBy && state !== 'running' ? [`${name} was ${state} by ${setBy.by}, ${ago(setBy.at, now)}`] : []),
  ])
  const all = [...lines.map((line) => shown.wrap(line)), ...strangeLines(notUnderstood, shown)]
  return all.length > 0 ? ['', ...all] : []
}

const letters = (waiting: number) => `${count(waiting)} dead ${waiting === 1 ? 'letter waits' : 'letters wait'}`

const troubleText = (name: string, { status, error, since, attempts }: Trouble, now: number) =>
  `${name} ${status === 'held' ? 'is on hold' : 'is failing'} since ${time(since)} UTC (${span(now - Date.parse(since))}, ${count(attempts)} ${attempts === 1 ? 'attempt' : 'attempts'}): ${cut(error, 200)}`

const MOST_STRANGE = 5

/** Records that were left out: how many, what it means, what to do, and which. */
function strangeLines(notUnderstood: readonly LeftOut[], { style, wrap }: Shown): string[] {
  return notUnderstood.flatMap(({ topic, count: all, meaning, toDo, records }) => {
    const some = records.slice(0, MOST_STRANGE)
    const more = all - some.length
    return [
      style.yellow(
        wrap(
          `${count(all)} ${all === 1 ? 'record' : 'records'} in ${topic} ${all === 1 ? 'is' : 'are'} not understood and left out. ${meaning}`,
        ),
      ),
      style.dim(wrap(`  ${toDo}`)),
      ...some.map(({ partition, offset, key, why }) =>
        wrap(`  partition ${partition} offset ${offset}, key ${JSON.stringify(cut(key, 80))}: ${cut(why, 200)}`),
      ),
      ...(more > 0 ? [`  ${count(more)} more; --json lists the first ${count(records.length)}`] : []),
    ]
  })
}

function stateText({ state, trouble }: ServiceStatus, style: Style): string {
  if (trouble) return style.red(trouble.status === 'held' ? 'on hold' : 'failing')
  return state === 'running' ? style.green(state) : style.yellow(state)
}

function lastText({ lastRun }: ServiceStatus, now: number, style: Style): string {
  if (!lastRun) return style.dim('none yet')
  return `${statusPaint(lastRun.status, style)(lastRun.status)} ${ago(lastRun.end, now)}`
}

// ---- one service ----

function detail({ topic, notUnderstood }: Status, service: ServiceStatus, shown: Shown): string {
  const { style, now } = shown
  const { setBy, account, lastRun, trouble } = service
  const origin = setBy
    ? ` (set by ${setBy.by}, ${ago(setBy.at, now)}${setBy.overrides ? `; overrides ${setBy.overrides} of the environment` : ''})`
    : ''
  const told = shown.facts([
    ['state', `${service.state}${origin}`],
    ['trouble', trouble ? style.red(troubleText('it', trouble, now)) : ''],
    ['next try', trouble?.nextTry ? `${time(trouble.nextTry)} UTC; at once with auth0-logs resume ${service.name}` : ''],
    ['what to do', trouble?.advice ?? ''],
    ['received', service.intake ? `${count(service.intake.events)} events in the last hour` : ''],
    ['refused', service.intake?.refused.map(({ reason, bodies }) => `${count(bodies)} ${reason}`).join(', ') ?? ''],
    ['open reset', style.red(service.openReset)],
    ['delivers to', service.sandbox ? 'the sandbox, in its own consumer group' : ''],
    ['schedule', `${service.schedule}${service.timeZone && service.schedule !== 'continuous' ? ` (${service.timeZone})` : ''}`],
    ['next run', service.nextRun ? `${time(service.nextRun)} UTC, ${until(service.nextRun, now)}` : ''],
    [
      'last run',
      lastRun
        ? `${lastText(service, now, style)}, ${count(lastRun.logsProcessed)} logs${lastRun.error ? `: ${cut(lastRun.error, 200)}` : ''}`
        : '',
    ],
    ['checkpoint', service.checkpoint],
    ['waiting', service.lag === null ? '' : `${count(service.lag)} of ${count(topic.records)} logs in ${topic.name}`],
    [
      'oldest',
      service.oldestUndelivered ? `since ${time(service.oldestUndelivered)} UTC, ${ago(service.oldestUndelivered, now)}` : '',
    ],
    ['group', service.group ? `${service.group}  ${style.dim(service.groupState)}` : ''],
    [
      'dead letters',
      service.deadLetters
        ? `${count(service.deadLetters.waiting)} waiting, ${count(service.deadLetters.total)} in the topic`
        : '',
    ],
    ['started', service.startedAt && `${time(service.startedAt)} UTC, version ${service.version}`],
  ])
  const members = service.members.map(({ client, host, partitions }) => [client, host, partitions.join(' ')])
  return [
    style.bold(service.name),
    told,
    ...(members.length > 0
      ? [`\n${shown.table([{ title: 'member' }, { title: 'host' }, { title: 'partitions', below: true }], members)}`]
      : []),
    ...(account ? [`\n${partitionTable(service, shown)}`] : []),
    ...strangeLines(notUnderstood, shown),
  ].join('\n')
}

const COUNTS = ['delivered', 'filtered', 'duplicates', 'dead_lettered', 'expired', 'lag'] as const

function partitionTable({ partitions, account }: ServiceStatus, { style, table, wrap, width }: Shown): string {
  // On lines of their own zeros would only be noise.
  const shownCount = (name: (typeof COUNTS)[number], value: number) =>
    value === 0 && width < ROOMY && name !== 'delivered' && name !== 'lag' ? '' : count(value)
  const columns = ['partition', 'base', 'end', 'delivered', 'filtered', 'duplicates', 'dead letters', 'expired', 'waiting']
  const rows = partitions.map((partition) => [
    String(partition.partition),
    count(partition.base),
    count(partition.end),
    ...COUNTS.map((name) => shownCount(name, partition[name])),
    partition.balances ? style.green('=') : style.red('NOT EQUAL'),
    style.yellow(partition.kind === 'new' ? '' : partition.note),
  ])
  const sums = account ? ['all', '', '', ...COUNTS.map((name) => shownCount(name, account[name])), '', ''] : []
  const told = account?.balances
    ? style.green(
        'It balances: end − base = delivered + filtered + duplicates + dead letters + expired + waiting, in every partition.',
      )
    : style.red('It does not balance: see the partitions marked NOT EQUAL.')
  const titles = [
    ...columns.map((title) => ({ title, right: true, below: UNDER.has(title) })),
    { title: '' },
    { title: '', below: true },
  ]
  return `${table(titles, [...rows, sums])}\n${wrap(told)}`
}

/** Where there is no room beside the row. */
const UNDER = new Set(['filtered', 'duplicates', 'dead letters', 'expired'])
