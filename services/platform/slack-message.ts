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

/** Text as Slack wants it, at most `most` characters with its escapes: never cut inside a character or an escape. */
export function slackText(text: string, most: number): string {
  const pieces: string[] = []
  let length = 0
  let end = 0
  for (const character of text) {
    const piece = ESCAPED[character] ?? character
    length += piece.length
    if (length > most) return `${pieces.slice(0, end).join('')}…`
    pieces.push(piece)
    // Where it would be cut: there is room for the ellipsis.
    if (length < most) end = pieces.length
  }
  return pieces.join('')
}

/** Words of a sentence have no digit: `Basic authentication required` is left as it is, `ExpiredToken: The security token …` too. */
const AFTER_WORD = /\b(bearer|basic|splunk|key|token)\s+(?=\S*\d)[\w.~+/=:-]{8,}/gi
const NAMED =
  /([\w-]*(?:secret|passw(?:or)?d|token|(?:api|write|access)[_-]?key)[\w-]*(?:\s*=\s*["']?|["']\s*:\s*["']?|\s*:\s*(?=\S*\d)))[^\s"',;&]+/gi
const SHAPES =
  /\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|eyJ[\w-]+\.[\w-]+\.[\w-]+|xox[a-z]-[\w-]+)|(?<=hooks\.slack\.com\/)[\w/-]+|(?<=:\/\/)[^\s/@]+(?=@)/g

/**
 * A vendor's words without what looks like a credential: vendors repeat what they refuse.
 * @param known secrets that are known here: they go whatever they look like
 */
export function withoutSecrets(text: string, known: readonly string[] = []): string {
  const plain = known.filter((secret) => secret.length > 3).reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
  return plain.replace(AFTER_WORD, '$1 ***').replace(NAMED, '$1***').replace(SHAPES, '***')
}
