// `hash-password`: a password read without echo, or from a pipe, as the hash that CONSOLE_USERS takes.
import { WrongUse } from '../operations/operation.ts'
import { hashPassword } from '../platform/passwords.ts'
import type { Terminal } from './terminal.ts'

/** Answers the hash. @throws WrongUse for an empty password or two different ones; the signal's reason after Ctrl-C */
export async function askForHash({ stdin, stderr, signal }: Terminal): Promise<string> {
  if (stdin.isTTY !== true) return hashed(await readPipe(stdin))
  const password = await readHidden(stdin, stderr, 'Password: ', signal)
  const again = await readHidden(stdin, stderr, 'Repeat it: ', signal)
  if (password !== again) throw new WrongUse('password', 'the two passwords differ; no hash was made')
  return hashed(password)
}

function hashed(password: string): Promise<string> {
  if (password === '') throw new WrongUse('password', 'is empty')
  return hashPassword(password)
}

/** The first line. */
async function readPipe(stdin: Terminal['stdin']): Promise<string> {
  let text = ''
  for await (const chunk of stdin.setEncoding('utf8')) text += String(chunk)
  return text.split(/\r?\n/)[0]
}

const ENTER = new Set(['\r', '\n', '\u0004'])
const BACKSPACE = new Set(['\u007f', '\b'])
const CTRL_C = '\u0003'
const CTRL_U = '\u0015'

/** In raw mode the terminal shows nothing, and Ctrl-C is a character. */
async function readHidden(
  stdin: Terminal['stdin'],
  stderr: Terminal['stderr'],
  prompt: string,
  signal: AbortSignal,
): Promise<string> {
  stderr.write(prompt)
  const done = Promise.withResolvers<string>()
  let typed: string[] = []
  const take = (chunk: Buffer | string) => {
    for (const char of String(chunk)) {
      if (ENTER.has(char)) return done.resolve(typed.join(''))
      if (char === CTRL_C) return done.reject(new Error('stopped; no hash was made'))
      if (BACKSPACE.has(char)) typed.pop()
      else if (char === CTRL_U) typed = []
      else if (char >= ' ') typed.push(char)
    }
  }
  const abort = () => done.reject(new Error('stopped; no hash was made'))
  signal.addEventListener('abort', abort, { once: true })
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  stdin.on('data', take)
  stdin.resume()
  try {
    return await done.promise
  } finally {
    stdin.off('data', take)
    stdin.setRawMode(false)
    stdin.pause()
    signal.removeEventListener('abort', abort)
    stderr.write('\n')
  }
}
