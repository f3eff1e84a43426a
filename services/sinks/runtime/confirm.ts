// `--confirm`: whether the vendor holds logs that were delivered to it, for `auth0-logs prove --ask-vendor`. Lines of JSON come in, each
// with some records as the topic has them; each is answered with a line. What is asked about is what this sink's own settings would send.
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { LogEvent } from '../../events/log-event.ts'
import type { Rule } from '../../events/redact.ts'
import { errorText } from '../../platform/errors.ts'
import type { Process } from '../../platform/lifecycle.ts'
import type { Fields, Settings } from '../../platform/settings.ts'
import { atLeast, listOf, object, parsed, parseJson, text } from '../../topics/shapes.ts'
import type { Confirmer, Sink } from './contract.ts'
import { discreetWords } from './outcome.ts'
import { readSinkSettings, redactorOf } from './settings.ts'

/** A record of the topic; `value` is base64. */
type Asked = { logs: { id: string; type: string; value: string; receivedAt: number }[] }

const askedShape = object<Asked>({
  logs: listOf(object<Asked['logs'][number]>({ id: text(), type: text(), value: text(), receivedAt: atLeast(0) })),
})

/**
 * The first line that it prints is `{confirms, problem}`: whether this vendor can be asked at all, and what is wrong with the settings.
 * Then comes `{found: [log_id]}` or `{problem}` for each line that it reads. Ends with its input, or after a problem.
 */
export async function confirmAtVendor(sink: Sink, proc: Process & { stdin?: Readable }): Promise<void> {
  const say = (answer: object) => void proc.stdout.write(`${JSON.stringify(answer)}\n`)
  const { settings, own, problems } = readSinkSettings(sink, proc.env)
  const problem = problems.map((one) => `${one.setting}: ${one.problem}`).join('; ') || redactProblem(settings.redact)
  const confirms = sink.confirmer !== undefined
  say({ confirms, problem: confirms ? problem : '' })
  if (!sink.confirmer || problem !== '' || !proc.stdin) return
  const redact = redactorOf(settings)
  let confirmer: Confirmer<unknown> | undefined
  const lines = createInterface({ input: proc.stdin })
  try {
    confirmer = (await sink.confirmer(own)) as Confirmer<unknown>
    for await (const line of lines) say({ found: await foundOf(sink, own, redact, confirmer, line) })
  } catch (error) {
    say({ problem: discreetWords(sink.fields, own)(errorText(error)) })
  } finally {
    lines.close()
    proc.stdin.destroy()
    await confirmer?.close()
  }
}

/** Masked log_ids are all the same at the vendor: one of them would confirm them all. */
const redactProblem = (rules: readonly Rule[]) =>
  rules.some(({ path, way }) => path.join('.') === 'log_id' && way === 'mask')
    ? 'REDACT masks log_id, so no log can be recognised at the vendor'
    : ''

/** The ids of a line's logs that the vendor holds. @throws what the vendor answers, with what to do */
async function foundOf(
  sink: Sink,
  own: Settings<Fields>,
  redact: ReturnType<typeof redactorOf>,
  confirmer: Confirmer<unknown>,
  line: string,
): Promise<string[]> {
  const asked = parsed(askedShape, parseJson(line))
  if (!('value' in asked)) throw new Error(`not a question: ${asked.problem}`)
  const sent = asked.value.logs.flatMap(({ id, type, value, receivedAt }) => {
    const event = new LogEvent({ id, type, value: Buffer.from(value, 'base64'), receivedAt, partition: 0, offset: 0 })
    const redacted = redact ? redact(event.value) : event.value
    const encoded = redacted && sink.encode(redacted === event.value ? event : event.withValue(redacted), own)
    return encoded && 'item' in encoded ? [{ id, item: encoded.item }] : []
  })
  const found = await confirmer.confirm(sent.map(({ item }) => item))
  return sent.flatMap(({ id }, index) => (found.has(index) ? [id] : []))
}
