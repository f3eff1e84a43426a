// A vendor's own words, fit to be told: without markup, without our secrets, short. Pure.

/** What a report, a log line and a message to Slack can carry. */
const MOST_BYTES = 1_024
/** What is shorter is no secret worth hiding, and hiding it would garble the words. */
const LEAST_SECRET = 4

/**
 * An answer or an error as it may be told: at most 1 KB, of one line, as plainText has it.
 * @param secrets are shown as `***`: vendors repeat what they refuse
 */
export function vendorWords(text: string, secrets: readonly string[] = []): string {
  // Hidden before it is cut: half a secret would not be found.
  return cut(secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), plainText(text)))
}

/** A page without its tags, head, scripts and styles; white space folded. */
export function plainText(text: string): string {
  return (looksLikeMarkup(text) ? textOfMarkup(text) : text).replace(/\s+/g, ' ').trim()
}

/** The forms in which a vendor may repeat a secret: as it is, within JSON or a URL, as the user name of HTTP Basic. */
export function formsOfSecret(secret: string): string[] {
  if (secret.length < LEAST_SECRET) return []
  const basic = Buffer.from(`${secret}:`).toString('base64')
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), basic])]
}

const ELLIPSIS = '…'
const encoder = new TextEncoder()
const room = new Uint8Array(MOST_BYTES - Buffer.byteLength(ELLIPSIS))

/** Never inside a character. */
function cut(text: string): string {
  if (Buffer.byteLength(text) <= MOST_BYTES) return text
  return text.slice(0, encoder.encodeInto(text, room).read) + ELLIPSIS
}

const looksLikeMarkup = (text: string) => /^[\s\uFEFF]*<[a-z!?]/i.test(text)

/** Elements whose content nobody reads. A page of nothing else shows its title. */
const UNSEEN = ['head', 'script', 'style', 'svg']
const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ', '#39': "'" }

function textOfMarkup(page: string): string {
  const seen = withoutTags(page, UNSEEN)
  return /\S/.test(seen) ? seen : withoutTags(page, ['script', 'style', 'svg'])
}

/** One pass: what others wrote must not cost more than its length. */
function withoutTags(page: string, unseen: readonly string[]): string {
  const lower = page.toLowerCase()
  const pieces: string[] = []
  for (let at = 0; at < page.length; ) {
    const open = page.indexOf('<', at)
    pieces.push(page.slice(at, open < 0 ? undefined : open))
    if (open < 0) break
    const element = unseen.find((name) => lower.startsWith(name, open + 1) && !/[\w-]/.test(lower[open + 1 + name.length] ?? ' '))
    const end = lower.startsWith('<!--', open) ? lower.indexOf('-->', open) : element ? lower.indexOf(`</${element}`, open) : open
    const close = end < 0 ? -1 : page.indexOf('>', end)
    if (close < 0) break
    at = close + 1
    pieces.push(' ')
  }
  return pieces.join('').replace(/&(#?\w{2,4});/g, (whole, name: string) => ENTITIES[name] ?? whole)
}
