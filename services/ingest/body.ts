// A request's body: read as a stream within its limit, decompressed within the same limit.
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'

/** `vanished`: the sender went away before the end; nobody waits for an answer and it will send again. */
export type Body =
  | { kind: 'whole'; bytes: Buffer }
  | { kind: 'broken_encoding'; bytes: Buffer; problem: string }
  | { kind: 'too_large' }
  | { kind: 'unknown_encoding'; encoding: string }
  | { kind: 'vanished' }

type Decompress = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

const DECOMPRESS: Record<string, Decompress> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  /** zlib by the book (RFC 9110), bare deflate by many senders. */
  deflate: (bytes, options) =>
    promisify(inflate)(bytes, options).catch((error) =>
      isTooLarge(error) ? Promise.reject(error) : promisify(inflateRaw)(bytes, options),
    ),
}

/**
 * Reads the body to its end, or to the limit and not further.
 * @param arrived called with the number of bytes of each chunk as it comes
 */
export async function readBody(request: IncomingMessage, maxBytes: number, arrived: (bytes: number) => void): Promise<Body> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  const decompress = encoding === 'identity' || encoding === '' ? undefined : DECOMPRESS[encoding]
  if (!decompress && encoding !== 'identity' && encoding !== '') return { kind: 'unknown_encoding', encoding }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return { kind: 'too_large' }
  const sent = await readStream(request, maxBytes, arrived)
  if (!Buffer.isBuffer(sent)) return { kind: sent }
  if (!decompress || sent.length === 0) return { kind: 'whole', bytes: sent }
  try {
    return { kind: 'whole', bytes: await decompress(sent, { maxOutputLength: maxBytes }) }
  } catch (error) {
    if (isTooLarge(error)) return { kind: 'too_large' }
    return { kind: 'broken_encoding', bytes: sent, problem: (error as Error).message }
  }
}

const isTooLarge = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'

function readStream(
  request: IncomingMessage,
  maxBytes: number,
  arrived: (bytes: number) => void,
): Promise<Buffer | 'too_large' | 'vanished'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let total = 0
    const settle = (result: Buffer | 'too_large' | 'vanished') => {
      request.off('data', take)
      resolve(result)
    }
    const take = (chunk: Buffer) => {
      total += chunk.length
      arrived(chunk.length)
      if (total > maxBytes) {
        request.pause()
        return settle('too_large')
      }
      chunks.push(chunk)
    }
    request.on('data', take)
    request.once('end', () => settle(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, total)))
    request.once('error', () => settle('vanished'))
    request.once('close', () => settle('vanished'))
  })
}
