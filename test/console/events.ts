// Server-sent events as a page gets them.
import { onTestFinished } from 'vitest'
import { until } from '../support/wait.ts'

export type Events = {
  /** Data of the first event of this name; waits for it. */
  until: (name: string) => Promise<unknown>
  /** Data of all events of this name so far. */
  seen: (name: string) => unknown[]
  close: () => void
}

/** @param authorization of HTTP Basic */
export async function openEvents(url: string, authorization: string): Promise<Events> {
  const gone = new AbortController()
  onTestFinished(() => gone.abort())
  const answer = await fetch(url, { headers: { authorization }, signal: gone.signal })
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  const events: { name: string; data: unknown }[] = []
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
  })().catch(() => {})
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
    close: () => gone.abort(),
  }
}
