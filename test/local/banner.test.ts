// What is to be read when everything is up: what runs, and what to do next.
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { banner, curlLine } from '../../services/local/banner.ts'

test('the first screen - begins the curl line in the first column and names the next things to do', () => {
  const text = banner([{ name: 'ingest', text: 'http://127.0.0.1:8080/logs' }], 'curl x', 'http://127.0.0.1:8081')
  expect(text).toMatch(
    /Everything runs[\s\S]*send a first event[\s\S]*\ncurl x\n[\s\S]*arrive at http:\/\/127\.0\.0\.1:8081[\s\S]*npx auth0-logs status[\s\S]*simulate/,
  )
  expect(banner([{ name: 'ingest', text: '', problem: 'port' }], 'curl x')).toMatch(/1 of 1 did not come up[\s\S]*NOT UP: port/)
})

test('the curl line - one short shell command, whatever is in the token', () => {
  const token = `it's a "token" $(false) \\`
  const line = curlLine('http://127.0.0.1:8080', token, new Date('2026-01-31T12:00:00.007Z'))
  expect(line.length).toBeLessThan(420)
  const args = execFileSync('sh', ['-c', line.replace('curl', 'printf "%s\\n"')], { encoding: 'utf8' })
    .trim()
    .split('\n')
  expect(args.slice(0, 4)).toEqual(['-sS', '--header', `Authorization: ${token}`, '--data-raw'])
  expect(args.at(-1)).toBe('http://127.0.0.1:8080/logs')
  const [{ log_id, data }] = JSON.parse(args[4]) as [{ log_id: string; data: object }]
  expect(log_id).toMatch(/^90020260131120000007\d{36}$/)
  expect(data).toMatchObject({ type: 's', date: '2026-01-31T12:00:00.007Z' })
})
