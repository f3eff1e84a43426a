// A request's body: read as a stream within its limit, decompressed within the same limit, each byte with a reserved place in memory.
import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, type ZlibOptions } from 'node:zlib'
import { oneAtATime } from './one-at-a-time.ts'
import type { Ended, Room, Seat } from './room.ts'

/**
 * `vanished`: the sender went away before the end; nobody waits for an answer and it will send again.
 * `no_room`, `too_slow`: ended by the room that all bodies share. `done`: to be called when nothing refers to the bytes any more.
 */
export type Body =
  | { kind: 'whole'; bytes: Buffer; done?: () => void }
  | { kind: 'broken_encoding'; bytes: Buffer; problem: string }
  | { kind: 'unknown_encoding'; encoding: string }
  | { kind: Unread }

type Unread = 'too_large' | 'vanished' | Ended

/** A body that is decompressed takes its room twice for a moment. */
const alone = oneAtATime()

type Create = (options: ZlibOptions) => Transform
const DECOMPRESS = new Map<string, Create[]>([
  ['gzip', [createGunzip]],
  ['x-gzip', [createGunzip]],
  ['br', [createBrotliDecompress]],
  // zlib by the book (RFC 9110), bare deflate by many senders.
  ['deflate', [createInflate, createInflateRaw]],
])
const CHUNK_BYTES = 64 * 1024
/** A body that announces more than this gets its memory in one piece: chunks that are put together afterwards need it twice. */
const ONE_PIECE_BYTES = 64 * 1024

/**
 * Memory of bodies up to a size, used again: V8 sees only how much lies outside of its heap, and would collect all of the heap every
 * few hundred bodies.
 */
const REUSED_BYTES = 512 * 1024
const REUSED_MOST = 32
const reused: Buffer[] = []

function onePiece(bytes: number): { whole: Buffer; done: () => void } {
  if (bytes > REUSED_BYTES) return { whole: Buffer.allocUnsafeSlow(bytes), done: () => {} }
  const memory = reused.pop() ?? Buffer.allocUnsafeSlow(REUSED_BYTES)
  return { whole: memory.subarray(0, bytes), done: () => void (reused.length < REUSED_MOST && reused.push(memory)) }
}

/** Reads the body to its end, or to the limit and not further. The seat is left by the caller, after the answer. */
export async function readBody(request: IncomingMessage, maxBytes: number, room: Room): Promise<{ body: Body; seat: Seat }> {
  const reading: Reading = { end: () => {} }
  const seat = room.enter((why) => reading.end(why))
  try {
    return { body: await read(request, maxBytes, seat, reading), seat }
  } catch (error) {
    seat.leave()
    throw error
  }
}

/** How the room ends a body that is being read. */
type Reading = { end: (why: Ended) => void }

async function read(request: IncomingMessage, maxBytes: number, seat: Seat, reading: Reading): Promise<Body> {
  const encoding = (request.headers['content-encoding'] ?? '').trim().toLowerCase()
  const ways = encoding === '' || encoding === 'identity' ? [] : DECOMPRESS.get(encoding)
  if (!ways) return { kind: 'unknown_encoding', encoding }
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) return { kind: 'too_large' }
  if (!seat.reserve(announced)) return { kind: 'no_room' }
  const piece = announced > ONE_PIECE_BYTES ? onePiece(announced) : undefined
  const sent = await readStream(request, announced, piece?.whole, maxBytes, seat, reading)
  if (!Buffer.isBuffer(sent)) return { kind: sent }
  seat.whole()
  if (ways.length === 0 || sent.length === 0) return { kind: 'whole', bytes: sent, done: piece?.done }
  let problem = ''
  for (const create of ways) {
    const plain = await alone(() => decompress(create, sent, maxBytes, seat))
    if (Buffer.isBuffer(plain)) return { kind: 'whole', bytes: plain }
    if (typeof plain === 'string') return { kind: plain }
    problem ||= plain.problem
  }
  return { kind: 'broken_encoding', bytes: sent, problem }
}

function readStream(
  request: IncomingMessage,
  announced: number,
  whole: Buffer | undefined,
  maxBytes: number,
  seat: Seat,
  reading: Reading,
): Promise<Buffer | Unread> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let total = 0
    const settle = (result: Buffer | Unread) => {
      request.off('data', take)
      if (!Buffer.isBuffer(result)) request.pause()
      resolve(result)
    }
    const take = (chunk: Buffer) => {
      const before = total
      total += chunk.length
      seat.arrived(chunk.length)
      if (total > maxBytes) return settle('too_large')
      if (total > announced && !seat.reserve(total - Math.max(before, announced))) return settle('no_room')
      if (whole) whole.set(chunk, before)
      else chunks.push(chunk)
    }
    request.on('data', take)
    request.once('end', () => settle(whole ?? (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, total))))
    request.once('error', () => settle('vanished'))
    request.once('close', () => settle('vanished'))
    reading.end = settle
  })
}

/** Answers the bytes, or why there are none: too many, no room for them, or a `problem` of the compression. */
function decompress(
  create: Create,
  bytes: Buffer,
  maxBytes: number,
  seat: Seat,
): Promise<Buffer | 'too_large' | 'no_room' | { problem: string }> {
  return new Promise((resolve) => {
    const stream = create({ chunkSize: CHUNK_BYTES })
    const chunks: Buffer[] = []
    let total = 0
    const stop = (why: 'too_large' | 'no_room') => {
      stream.destroy()
      resolve(why)
    }
    stream.on('data', (chunk: Buffer) => {
      total += chunk.length
      if (total > maxBytes) return stop('too_large')
      if (!seat.reserve(chunk.length)) return stop('no_room')
      seat.arrived(chunk.length)
      chunks.push(chunk)
    })
    stream.once('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, total)))
    stream.once('error', (error) => resolve({ problem: error.message }))
    stream.end(bytes)
  })
}
