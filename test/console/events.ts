// Server-sent events as a page gets them.
import { onTestFinished } from 'vitest'
import { until } from '../support/wait.ts'

export type Events = {
  /** Data of the first event of this name; waits for it. */
  until: (name: string) => Promise<unknown>
  /** Data of all events of this name so far. */
  seen: (name: string) => unknown[]
  /** Waits until the server has ended it. */
  end: () => Promise<void>
  close: () => void
}

/** @param login HTTP Basic, or the headers to send */
export async function openEvents(url: string, login: string | Record<string, string>): Promise<Events> {
  const gone = new AbortController()
  onTestFinished(() => gone.abort())
  const headers = typeof login === 'string' ? { authorization: login } : login
  const answer = await fetch(url, { headers, signal: gone.signal })
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  const events: { name: string; data: unknown }[] = []
  let ended = false
  void (async () => {
    let rest = ''
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      const frames = (rest + chunk).split('\n\n')
      rest = frames.pop() ?? ''
      for (const frame of frames) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(frame) ?? []
        if (name) events.push({ name, data: JSON.parse(data) })
      }
    }
  })()
    .catch(() => {})
    .finally(() => (ended = true))
  const seen = (name: string) => events.filter((event) => event.name === name).map(({ data }) => data)
  return {
    seen,
    until: async (name) =>
      (
        await until(
          `the event ${name} of ${url}`,
          () => seen(name),
          ({ length }) => length > 0,
        )
      )[0],
    end: async () => void (await until(`the end of ${url}`, () => ended, Boolean)),
    close: () => gone.abort(),
  }
}
