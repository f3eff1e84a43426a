// Waiting for what must become true, with a limit and a message that says what was seen last.
import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again and again until `done` accepts the answer. @throws with the last answer when the limit has passed */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  done: (answer: T) => unknown,
  { limitMs = 15_000, everyMs = 25 } = {},
): Promise<T> {
  for (const deadline = Date.now() + limitMs; ; await sleep(everyMs)) {
    const answer = await ask()
    if (done(answer)) return answer
    if (Date.now() > deadline) {
      throw new Error(`waited ${limitMs} ms for ${what}; last seen: ${JSON.stringify(answer)?.slice(0, 2_000)}`)
    }
  }
}

export const pause = (ms: number) => sleep(ms)
