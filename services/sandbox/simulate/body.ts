// The three body formats of Auth0's custom webhook log stream.
import type { SimulatedEvent } from './events.ts'

export const bodyFormats = ['JSONLINES', 'JSONARRAY', 'JSONOBJECT'] as const
export type BodyFormat = (typeof bodyFormats)[number]

export function encodeBody(events: readonly SimulatedEvent[], format: BodyFormat): Buffer {
  const parts = events.map((event) => JSON.stringify(event))
  switch (format) {
    case 'JSONLINES':
      return Buffer.from(`${parts.join('\n')}\n`)
    case 'JSONARRAY':
      return Buffer.from(`[${parts.join(',')}]`)
    case 'JSONOBJECT':
      return Buffer.from(`{"logs":[${parts.join(',')}]}`)
  }
}
