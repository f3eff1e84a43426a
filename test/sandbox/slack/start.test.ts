// The Slack webhook stand-in.
import { expect, onTestFinished, test } from 'vitest'
import { type SlackOptions, start as startSlack } from '../../../services/sandbox/slack/start.ts'

async function start(options: SlackOptions = { burst: 100 }) {
  const slack = await startSlack(options)
  onTestFinished(slack.close)
  const post = async (body: unknown) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(`${slack.origin}/services/T0/B0/x`, { method: 'POST', body: text })
    return [response.status, await response.text(), response.headers.get('retry-after')]
  }
  return { slack, post }
}

const ok = [200, 'ok', null]
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } })

test('Slack - takes text, blocks and attachments, and keeps what a person would read', async () => {
  const { slack, post } = await start()
  expect(await post({ text: 'hello' })).toEqual(ok)
  expect(await post({ blocks: [{ type: 'divider' }, section('from a block')] })).toEqual(ok)
  expect(await post({ attachments: [{ title: 'Logs Export Error', fields: [{ title: 'Sink', value: 'segment' }] }] })).toEqual(ok)
  expect(slack.received.last().map(({ text }) => text)).toEqual(['Logs Export Error\nSink\nsegment', 'from a block', 'hello'])
})

test.each([
  ['no JSON', '{"text":', 'invalid_payload'],
  ['no object', '["x"]', 'invalid_payload'],
  ['nothing to show', {}, 'no_text'],
  ['an empty text', { text: '', blocks: [] }, 'no_text'],
  ['a section over 3,000 characters', { blocks: [section('x'.repeat(3_001))] }, 'invalid_blocks'],
  ['a section without text', { blocks: [{ type: 'section' }] }, 'invalid_blocks'],
  ['a block without type', { blocks: [{}] }, 'invalid_blocks'],
  ['51 blocks', { blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) }, 'invalid_blocks'],
  ['a long section in an attachment', { attachments: [{ blocks: [section('x'.repeat(3_001))] }] }, 'invalid_attachments'],
])('Slack - answers 400 for %s', async (_, body, problem) => {
  const { slack, post } = await start()
  expect(await post(body)).toEqual([400, problem, null])
  expect(slack.received).toMatchObject({ total: 0, counts: { rejected: 1 } })
})

test('Slack - takes a section of 3,000 characters', async () => {
  const { post } = await start()
  expect(await post({ blocks: [section('x'.repeat(3_000))] })).toEqual(ok)
})

test('Slack - lets a short burst through, then one message a second', async () => {
  const { slack, post } = await start({ burst: 2 })
  expect([await post({ text: '1' }), await post({ text: '2' }), await post({ text: '3' })]).toEqual([
    ok,
    ok,
    [429, 'rate_limited', '1'],
  ])
  await new Promise((resolve) => setTimeout(resolve, 1_050))
  expect([await post({ text: '4' }), (await post({ text: '5' }))[0]]).toEqual([ok, 429])
  expect(slack.received).toMatchObject({ total: 3, counts: { rate_limited: 2 } })
})

test('Slack - shows faults and rejects marked messages', async () => {
  const { slack, post } = await start()
  slack.misbehave({ fault: '429', retryAfter: 30, times: 1 })
  expect(await post({ text: 'a' })).toEqual([429, 'rate_limited', '30'])
  slack.misbehave('403', 1)
  expect((await post({ text: 'a' }))[0]).toBe(403)
  slack.misbehave({ fault: 'reject', marker: 'bad' })
  expect([await post({ text: 'so bad' }), await post({ text: 'good' })]).toEqual([[400, 'invalid_payload', null], ok])
})
