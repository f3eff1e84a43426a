// The sandbox's page and API.
import { expect, onTestFinished, test } from 'vitest'
import { startControl } from '../../services/sandbox/control.ts'
import { start as startPapertrail } from '../../services/sinks/papertrail/stand-in/start.ts'
import { start as startSlack } from '../../services/sandbox/slack/start.ts'

async function start() {
  const slack = await startSlack({ burst: 100 })
  const papertrail = await startPapertrail()
  const control = await startControl([slack, papertrail], 0)
  onTestFinished(async () => {
    await control.close()
    await slack.close()
    await papertrail.close()
  })
  const call = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await fetch(control.origin + path, { method, ...init })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const say = (text: string) => fetch(slack.origin, { method: 'POST', body: JSON.stringify({ text }) })
  return { slack, control, call, say }
}

test('control - shows what was received, newest first and as many as asked', async () => {
  const { call, say } = await start()
  for (const text of ['1', '2', '3']) await say(text)
  const { status, body } = await call('GET', '/received/slack?limit=2')
  expect(status).toBe(200)
  expect(body).toMatchObject({ name: 'slack', total: 3, requests: 3, counts: {}, fault: null, refused: [] })
  expect((body.events as { text: string }[]).map(({ text }) => text)).toEqual(['3', '2'])
})

test('control - makes a stand-in misbehave and behave again', async () => {
  const { call, say } = await start()
  expect(await call('POST', '/misbehave/slack', { fault: '429', times: 10, retryAfter: 2 })).toEqual({
    status: 200,
    body: { fault: { fault: '429', times: 10, retryAfter: 2 } },
  })
  expect((await say('x')).status).toBe(429)
  expect((await call('GET', '/received/slack')).body.fault).toEqual({ fault: '429', times: 9, retryAfter: 2 })
  expect(await call('DELETE', '/misbehave/slack')).toEqual({ status: 200, body: { fault: null } })
  expect((await say('x')).status).toBe(200)
})

test('control - says what is wrong with a call', async () => {
  const { call, control } = await start()
  const noJson = await fetch(`${control.origin}/misbehave/slack`, {
    method: 'POST',
    body: '{',
    headers: { 'content-type': 'application/json' },
  })
  expect([noJson.status, await noJson.json()]).toEqual([400, expect.objectContaining({ error: 'bad_request' })])
  expect(await call('POST', '/misbehave/papertrail', { fault: '429' })).toMatchObject({
    status: 400,
    body: { error: 'unknown_fault' },
  })
  expect(await call('POST', '/misbehave/slack')).toMatchObject({ status: 400, body: { error: 'unknown_fault' } })
  expect(await call('GET', '/received/nobody')).toEqual({
    status: 404,
    body: { error: 'unknown_stand_in', message: 'there is no nobody, only slack, papertrail' },
  })
  expect(await call('GET', '/else')).toMatchObject({ status: 404, body: { error: 'not_found' } })
})

test('control - the page shows counts, faults and events, with everything from outside escaped', async () => {
  const { slack, control, say } = await start()
  await say('<script>alert("1")</script>')
  slack.misbehave('503', 3)
  const response = await fetch(control.origin)
  const html = await response.text()
  expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; style-src 'unsafe-inline'")
  expect(html).toContain('1 events · 1 requests')
  expect(html).toContain('Misbehaving: {&quot;fault&quot;:&quot;503&quot;,&quot;times&quot;:3}')
  expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;')
  expect(html).not.toContain('<script')
})
