// What `pause`, `resume`, `stop` and `start` say.
import type { StateChange } from '../../operations/state.ts'
import type { Shown } from './shown.ts'

export function presentState({ service, before, after, effect, missed }: StateChange, { style, wrap }: Shown): string {
  const change =
    before.state === after.state
      ? `${style.bold(service)} was ${after.state} already`
      : `${style.bold(service)} is to be ${style.bold(after.state)}; it was ${before.state}`
  return wrap(`${change}\n${missed ? style.yellow(`not seen yet: ${effect}`) : effect}`)
}
