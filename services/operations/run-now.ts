// `run`: a scheduled service works now, as if a tick of its schedule had come due.
import { publishControl, readControl } from '../topics/control.ts'
import { desiredState, isSteered, knownService, settingNamed, settingsNow } from './services.ts'
import { type Operation, Refusal } from './operation.ts'
import { CONTINUOUS } from './schedule-times.ts'

export type RunAsked = { service: string; before: { run_at: string }; after: { run_at: string }; message: string }

export const run: Operation = {
  name: 'run',
  summary: 'run a scheduled service now, between its ticks',
  role: 'operator',
  inputs: {
    service: { meaning: 'which sink, or backfill', kind: 'text', required: true, positional: true, suggest: 'sink' },
  },
  examples: ['auth0-logs run segment'],
  async run({ client, producer, by }, { service }): Promise<RunAsked> {
    const known = knownService(await readControl(client, 'run'), String(service), isSteered)
    const { name } = known
    const state = desiredState(known)
    if (state !== 'running') throw new Refusal(`${name} is ${state}: resume it first, with auth0-logs resume ${name}`)
    const schedule = settingNamed(settingsNow(known), 'SCHEDULE')?.now || CONTINUOUS
    if (schedule === CONTINUOUS)
      throw new Refusal(
        `${name} works all the time, so there is nothing to start. What is on hold is tried at once with auth0-logs resume ${name}`,
      )
    const at = new Date().toISOString()
    const before = { run_at: known.state?.run_at ?? '' }
    await publishControl(client, producer, `state/${name}`, { state, by, at, run_at: at })
    const message = `${name} runs now. What came of it: auth0-logs runs ${name}`
    return { service: name, before, after: { run_at: at }, message }
  },
}
