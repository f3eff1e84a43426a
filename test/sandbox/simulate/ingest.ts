// A receiver for the sender's tests: splits the three formats, answers as the ingest does, or as it is told.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type Post = { headers: IncomingMessage['headers']; text: string; ids: string[]; at: number }

/** @param refuse answers a request itself and returns true, or leaves it to the receiver */
export async function startReceiver(refuse: (response: ServerResponse, nth: number) => boolean = () => false) {
  const posts: Post[] = []
  let requests = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (refuse(response, ++requests)) return
      const text = Buffer.concat(chunks).toString()
      const ids = idsOf(text)
      posts.push({ headers: request.headers, text, ids, at: performance.now() })
      response.end(JSON.stringify({ accepted: ids.length, quarantined: 0 }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logs`
  return { url, posts, requests: () => requests, ids: () => posts.flatMap((post) => post.ids) }
}

type Logged = { log_id: string }

function idsOf(text: string): string[] {
  if (text.startsWith('[')) return (JSON.parse(text) as Logged[]).map(({ log_id }) => log_id)
  if (text.startsWith('{"logs":')) return (JSON.parse(text) as { logs: Logged[] }).logs.map(({ log_id }) => log_id)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as Logged).log_id)
}
