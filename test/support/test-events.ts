// Events as the ingest would store them.
import { realisticEvent } from '../../services/sandbox/simulate/events.ts'
import { seededRandom } from './random.ts'

export type TestEvent = { id: string; type: string; value: Buffer; data: Record<string, unknown> }
export type TestRecord = { key: string | null; value: Buffer | null; headers?: Record<string, string>; partition?: number }

const random = seededRandom(20_260_304)
let made = 0

/** Realistic events of now; `change` edits `data` before it becomes bytes. Ids ascend over the whole test file. */
export function makeEvents(count: number, change: (data: Record<string, unknown>, n: number) => void = () => {}): TestEvent[] {
  return Array.from({ length: count }, (_, n) => {
    const { log_id: id, data } = realisticEvent(made++, Date.now(), random.next)
    change(data, n)
    return { id, type: String(data.type), value: Buffer.from(JSON.stringify(data)), data }
  })
}

/** @param partition by the key's hash when left out */
export const recordOf = ({ id, type, value }: TestEvent, partition?: number): TestRecord => ({
  key: id,
  value,
  headers: { source: 'webhook', type },
  partition,
})
