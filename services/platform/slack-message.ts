// A message to Slack in the shape of the originals' attachments: what is in it is escaped and cut to what Slack shows.

/** https://docs.slack.dev/messaging/formatting-message-text: longer messages are split in the middle of whatever they hold. */
const MAX_TEXT = 3_000
/** Slack names no limit for a field; what a section's field may hold is shown whole. */
const MAX_VALUE = 2_000
const MAX_TITLE = 200

export type Title = 'Logs Export Error' | 'Logs Export Success' | 'Logs Export Daily Report' | 'Logs Export Recovered'
/** What a message tells, as it is: title and value, one below another. Short ones stand side by side; empty ones are left out. */
export type Fact = { title: string; value: string; long?: boolean }
export type Attachment = {
  color: string
  fallback: string
  text: string
  fields: { title: string; value: string; short: boolean }[]
}
export type SlackMessage = { username: string; icon_emoji: string; text: string; attachments: Attachment[] }

const GREEN = '#7cd197'
const RED = '#d13f42'

/**
 * @param service who it is about, e.g. `segment`; empty for the installation
 * @param summary one or two sentences: all that a telephone shows
 * @param parts one attachment each; red where something is wrong
 */
export function slackMessage(
  service: string,
  title: Title,
  summary: string,
  parts: readonly { good: boolean; facts: readonly Fact[] }[],
): SlackMessage {
  return {
    username: service === '' ? 'auth0-logs' : `auth0-logs-to-${service.replace(/\.sandbox$/, '')}`,
    icon_emoji: ':rocket:',
    text: slackText(summary, MAX_TEXT),
    attachments: parts.map(({ good, facts }) => ({
      color: good ? GREEN : RED,
      fallback: title,
      text: title,
      fields: facts
        .filter(({ value }) => value !== '')
        .map((fact) => ({
          title: slackText(fact.title, MAX_TITLE),
          value: slackText(fact.value, MAX_VALUE),
          short: fact.long !== true,
        })),
    })),
  }
}

const ESCAPED: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** Control characters but the end of a line, and marks that turn the direction of writing: they hide or disguise what stands there. */
const UNSEEN = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u

/**
 * Text as Slack wants it, at most `most` characters with its escapes: never cut inside a character or an escape. A character that
 * cannot be seen is a blank.
 */
export function slackText(text: string, most: number): string {
  const pieces: string[] = []
  let length = 0
  let end = 0
  for (const character of text) {
    const piece = ESCAPED[character] ?? (character !== '\n' && UNSEEN.test(character) ? ' ' : character)
    length += piece.length
    if (length > most) return `${pieces.slice(0, end).join('')}…`
    pieces.push(piece)
    // Where it would be cut: there is room for the ellipsis.
    if (length < most) end = pieces.length
  }
  return pieces.join('')
}

/** Of an error or a sentence: enough for a person, and all that is searched for credentials. */
const MAX_SEARCHED = 2_000
/** Words of a sentence have no digit: `Basic authentication required` is left as it is, `ExpiredToken: The security token …` too. */
const AFTER_WORD = /\b(bearer|basic|splunk|key|token)\s+(?=\S*\d)[\w.~+/=:-]{8,}/gi
/** A name as in `access_key=…`, `"writeKey":"…"`, `token: …1…`, and what stands between it and its value. */
const NAME = /[\w-]+/g
const SECRET_NAME = /secret|passw(?:or)?d|token|(?:api|write|access)[_-]?key/i
const BEFORE_VALUE = /\s*=\s*["']?|["']\s*:\s*["']?|\s*:\s*(?=\S*\d)/y
const VALUE = /[^\s"',;&]+/y
const JWT = /\beyJ[\w-]+(?:\.[\w-]+)*/g
const SHAPES = /\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|xox[a-z]-[\w-]+)|(?<=hooks\.slack\.com\/)[\w/-]+|(?<=:\/\/)[^\s/@]+(?=@)/g

/**
 * A vendor's words without what looks like a credential: vendors repeat what they refuse. At most 2,000 characters; the time is linear.
 * @param known secrets that are known here: they go whatever they look like
 */
export function withoutSecrets(text: string, known: readonly string[] = []): string {
  const plain = known.filter((secret) => secret.length > 3).reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
  // Half a credential must not look like a word: the word that is cut goes.
  const cut = plain.length > MAX_SEARCHED ? `${withoutLastWord(plain.slice(0, MAX_SEARCHED))}…` : plain
  const found = withoutNamed(cut.replace(AFTER_WORD, '$1 ***'))
  return found.replace(JWT, (word) => (word.split('.').length > 2 ? '***' : word)).replace(SHAPES, '***')
}

function withoutLastWord(text: string): string {
  let end = text.length
  while (end > 0 && /\S/.test(text[end - 1])) end--
  return text.slice(0, end)
}

/** Without the values that stand after the name of a secret. Name by name, so that no part of the text is read twice. */
function withoutNamed(text: string): string {
  const pieces: string[] = []
  let done = 0
  const after = (pattern: RegExp, at: number) => {
    pattern.lastIndex = at
    return pattern.test(text) ? pattern.lastIndex : -1
  }
  for (const { 0: name, index } of text.matchAll(NAME)) {
    if (index < done || !SECRET_NAME.test(name)) continue
    const from = after(BEFORE_VALUE, index + name.length)
    const to = from < 0 ? -1 : after(VALUE, from)
    if (to < 0) continue
    pieces.push(text.slice(done, from), '***')
    done = to
  }
  return pieces.join('') + text.slice(done)
}
