// The environment of the services, and the ports in it.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkPorts, serviceEnvironment, withDotEnv } from '../../services/local/environment.ts'
import { localFields } from '../../services/local/fields.ts'
import { freePort } from '../../services/local/ports.ts'
import { readSettings } from '../../services/platform/settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'environment-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('withDotEnv - the file is read, the environment wins', () => {
  expect(withDotEnv(folder, { A: '1' })).toEqual({ A: '1' })
  writeFileSync(join(folder, '.env'), 'A=2\nB="two words"\n')
  expect(withDotEnv(folder, { A: '1' })).toEqual({ A: '1', B: 'two words' })
})

test('checkPorts - a taken port is told by its setting, all at once', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const taken = (server.address() as AddressInfo).port
  const free = await freePort()
  await expect(checkPorts({ INGEST_PORT: free, CONSOLE_PORT: 0, SLACK_PORT: 0 })).resolves.toBeUndefined()
  await expect(checkPorts({ INGEST_PORT: taken, CONSOLE_PORT: free, SLACK_PORT: free })).rejects.toMatchObject({
    problems: [
      { setting: 'INGEST_PORT', problem: expect.stringContaining(`port ${taken} is taken`) },
      { setting: 'CONSOLE_PORT', problem: expect.stringContaining('SLACK_PORT') },
      { setting: 'SLACK_PORT', problem: expect.stringContaining('CONSOLE_PORT') },
    ],
  })
  server.close()
})

test('serviceEnvironment - what was given is kept, what is missing is made', () => {
  const environment = (env: Record<string, string>) =>
    serviceEnvironment(env, readSettings(localFields, env), folder, { token: 'made' })
  expect(environment({})).toMatchObject({ INGEST_PORT: '8080', INGEST_TOKENS: 'made', RUN_WINDOW: '5', SINK_PORT: '0' })
  expect(environment({})).toMatchObject({ LISTEN_HOST: '127.0.0.1', SANDBOX_PORT: '8082' })
  expect(environment({ LISTEN_HOST: '0.0.0.0' })).toMatchObject({ LISTEN_HOST: '0.0.0.0' })
  const given = { INGEST_PORT: '9000', INGEST_TOKENS: 'a b,c', RUN_WINDOW: '60', SEGMENT_KEY: 'key' }
  expect(environment(given)).toMatchObject(given)
})

test('serviceEnvironment - services log at least at info, where their ports are read', () => {
  const level = (LOGGER_LEVEL: string) =>
    serviceEnvironment({}, readSettings(localFields, { LOGGER_LEVEL }), folder, { token: 't' }).LOGGER_LEVEL
  expect(['debug', 'info', 'error', 'silent'].map(level)).toEqual(['debug', 'info', 'info', 'info'])
})
