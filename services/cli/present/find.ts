// What `find` and `show` say: the events, a line each, and how much of the topic was searched.
import type { Found } from '../../operations/find.ts'
import type { ShownEvent } from '../../operations/shown-event.ts'
import { count, time } from '../table.ts'
import type { Shown } from './shown.ts'
import { presentEvent } from './tail.ts'

export function presentFound({ events, searched, left, searchedBackTo, since, rest }: Found, shown: Shown): string {
  const { style, wrap } = shown
  const found = `${count(events.length)} ${events.length === 1 ? 'event' : 'events'} found in ${count(searched)}`
  const end =
    left === 0
      ? style.dim(wrap(`${found}: everything since ${time(since)} UTC was searched.`))
      : `${style.yellow(wrap(`${found}, back to ${time(searchedBackTo)} UTC. ${count(left)} older ${left === 1 ? 'event was' : 'events were'} not searched. To go on, repeat the command with:`))}\n--rest ${rest}`
  return [...events.map((event) => presentEvent(event, shown)), end].join('\n')
}

export const presentShown = ({ events }: { events: ShownEvent[] }, shown: Shown): string =>
  events.length === 0
    ? 'No event is at these places: they have expired, or nothing was written there.'
    : events.map((event) => `${presentEvent(event, shown)}\n${JSON.stringify(event.data, null, 2)}`).join('\n')
