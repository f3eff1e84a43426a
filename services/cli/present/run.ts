// What `run` says.
import type { RunAsked } from '../../operations/run-now.ts'
import type { Shown } from './shown.ts'

export const presentRun = ({ message }: RunAsked, { wrap }: Shown): string => wrap(message)
