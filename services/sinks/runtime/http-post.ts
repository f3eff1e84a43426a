// A delivery as one HTTP request: all that a sink over HTTP shares with the others. The sink says what is sent and which answer is the
// vendor's word that it took the events; connections, time limits, what other answers mean and what may be told of them are here.
import { errorText } from '../../platform/errors.ts'
import type { Fields, Settings } from '../../platform/settings.ts'
import type { Connection, Outcome } from './contract.ts'
import { createHttpClient, type HttpAnswer } from './http.ts'
import { discreet, outcomeOfAnswer, wordsOfAnswer } from './outcome.ts'

const CHECK_MS = 10_000

export type HttpPost<F extends Fields, Item> = {
  fields: F
  settings: Settings<F>
  url: string
  /** POST when not given. */
  method?: string
  headers: Readonly<Record<string, string>>
  /** What is sent for these items; without any it is the question whether the vendor would take some. */
  body: (items: readonly Item[]) => Buffer
  /** Whether the vendor says that it took all items. A status of 200 is not enough: login pages and gateways answer it too. */
  isTaken: (answer: HttpAnswer, items: readonly Item[]) => boolean
  /** What an answer means where the vendor's rules are not those of `outcomeOfAnswer`; undefined where they are. */
  judge?: (answer: HttpAnswer) => Outcome | undefined
  /** Whether the answer to an empty delivery tells that others would be taken; `isTaken` when not given. */
  mayWrite?: (answer: HttpAnswer) => boolean
  /** Names of the settings to look at where the vendor is not reached, and where it refuses: `SEGMENT_HOST`, `SEGMENT_KEY`. */
  named: { address: string; access: string }
}

/** The connection of a sink that POSTs its deliveries. */
export function connectHttpPost<F extends Fields, Item>(post: HttpPost<F, Item>): Connection<Item> {
  const { fields, settings, method = 'POST', headers, body, isTaken, judge, named } = post
  const mayWrite = post.mayWrite ?? ((answer: HttpAnswer) => isTaken(answer, []))
  const url = new URL(post.url)
  const http = createHttpClient()

  function send(items: readonly Item[], signal: AbortSignal): Promise<HttpAnswer> {
    const bytes = body(items)
    return http.send(url, { method, headers: { ...headers, 'Content-Length': bytes.length }, body: bytes, signal })
  }

  return discreet(
    {
      async deliver(items, signal) {
        const answer = await send(items, signal)
        return isTaken(answer, items) ? { kind: 'delivered' } : (judge?.(answer) ?? outcomeOfAnswer(answer))
      },
      async check() {
        const answer = await send([], AbortSignal.timeout(CHECK_MS)).catch((error: unknown) => {
          throw new Error(`${url.origin}: ${errorText(error)}; check ${named.address}`)
        })
        if (mayWrite(answer)) return
        const words = wordsOfAnswer(answer)
        throw new Error(`${url.origin} answered ${answer.status}: check ${named.access} and ${named.address} (${words})`)
      },
      close: async () => http.close(),
    },
    fields,
    settings,
  )
}

/** A member of an answer that is a JSON object; undefined for every other answer. */
export function memberOfAnswer({ body }: HttpAnswer, name: string): unknown {
  try {
    return (JSON.parse(body.toString()) as Record<string, unknown> | null)?.[name]
  } catch {
    return undefined
  }
}

/** A status of 200 to 299. */
export const isSuccess = ({ status }: HttpAnswer): boolean => status >= 200 && status < 300
