// Messages in Slack's shape, within its limits.
import { expect, test } from 'vitest'
import { slackMessage, slackText, withoutSecrets } from '../../services/platform/slack-message.ts'

test.each([
  ['a < b && c > d', 100, 'a &lt; b &amp;&amp; c &gt; d'],
  ['<!channel> & <https://evil|click>', 100, '&lt;!channel&gt; &amp; &lt;https://evil|click&gt;'],
  ['abcdef', 6, 'abcdef'],
  ['abcdefg', 6, 'abcde…'],
  ['ab<<', 6, 'ab…'],
  ['ab<', 6, 'ab&lt;'],
  ['aaaa😀b', 6, 'aaaa…'],
  ['aaa😀b', 6, 'aaa😀b'],
  ['', 6, ''],
  ['a\u001b[31m\u0007b\r\nc\u202ed\u0000', 100, 'a [31m b \nc d '],
])('Slack text - %j within %i', (text, most, expected) => {
  const cut = slackText(text, most)
  expect(cut).toBe(expected)
  expect(cut.length).toBeLessThanOrEqual(most)
})

test('Slack message - has the shape of the originals, whatever is in it', () => {
  const facts = [
    { title: 'Error', value: '<b>'.repeat(5_000), long: true },
    { title: 'Empty', value: '' },
    { title: 'Start time', value: 'now' },
  ]
  const message = slackMessage('segment.sandbox', 'Logs Export Error', 'x'.repeat(9_000), [{ good: false, facts }])
  expect(message).toEqual({
    username: 'auth0-logs-to-segment',
    icon_emoji: ':rocket:',
    text: expect.stringMatching(/^x+…$/),
    attachments: [
      {
        color: '#d13f42',
        fallback: 'Logs Export Error',
        text: 'Logs Export Error',
        fields: [
          { title: 'Error', value: expect.stringMatching(/^(&lt;b&gt;)+.*…$/), short: false },
          { title: 'Start time', value: 'now', short: true },
        ],
      },
    ],
  })
  expect(message.text).toHaveLength(3_000)
  expect(message.attachments[0].fields[0].value.length).toBeLessThanOrEqual(2_000)
})

test.each([
  ['no access for AKIAIOSFODNN7EXAMPLE', 'no access for ***'],
  ['Authorization: Bearer abc.def-123', 'Authorization: Bearer ***'],
  ['{"writeKey":"abcdef","n":1}', '{"writeKey":"***","n":1}'],
  ['password=hunter2, user=ann', 'password=***, user=ann'],
  ['at https://ann:pw@host/x', 'at https://***@host/x'],
  ['POST https://hooks.slack.com/services/T0/B0/xyz failed', 'POST https://hooks.slack.com/*** failed'],
  ['known 12345 is known', 'known *** is known'],
  ['http_503: token bucket is empty', 'http_503: token bucket is empty'],
  ['UnrecognizedClientException: The security token included', 'UnrecognizedClientException: The security token included'],
  ['ExpiredToken: The token has expired', 'ExpiredToken: The token has expired'],
  ['Basic authentication is required, key provided', 'Basic authentication is required, key provided'],
  ['token: abc123', 'token: ***'],
  ['x_api-key = "abc def", y=1', 'x_api-key = "*** def", y=1'],
  ['key eyJhbGciOi.eyJzdWIi.c2ln is no eyJhbGci', 'key *** is no eyJhbGci'],
  ['the log group auth0 does not exist', 'the log group auth0 does not exist'],
])('secrets - %s', (text, expected) => {
  expect(withoutSecrets(text, ['12345', ''])).toBe(expected)
})

test.each(['token', 'token ', 'token-', 'key 7', 'eyJ-', 'eyJ.', 'a=', 'secret:', '://', '@', ' ', '7', 'password="'])(
  'secrets - 300 KB of %j take less than 50 ms',
  (piece) => {
    const text = piece.repeat(300_000 / piece.length)
    const began = performance.now()
    const shown = withoutSecrets(text, ['12345'])
    slackText(text, 2_000)
    expect(performance.now() - began).toBeLessThan(50)
    expect(shown.length).toBeLessThanOrEqual(3_000)
  },
)

test('secrets - one that is cut is not shown in half', () => {
  for (let before = 1_960; before < 2_010; before++)
    expect(withoutSecrets(`${'x'.repeat(before)} token=abcdefghijklmnop eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl end`)).not.toMatch(
      /abcd|hbGci/,
    )
})
