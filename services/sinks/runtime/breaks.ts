// Breaks of a connection where nothing is acknowledged: the flow hears of each.
import type { Connection } from './contract.ts'
import type { Flow } from './flow.ts'

/** Follows a connection that tells of its breaks, until the signal is aborted. */
export async function followBreaks({ broken }: Connection<unknown>, flow: Flow, signal: AbortSignal): Promise<void> {
  while (broken && !signal.aborted) flow.broke(await broken())
}
