// LISTEN_HOST: where a service listens, and where it does not.
import { expect, test } from 'vitest'
import { startIngest } from '../../services/ingest/run.ts'
import { createLifecycle } from '../../services/platform/lifecycle.ts'
import { ingestEnv } from '../support/ingest.ts'

test.each([
  ['127.0.0.2', ['127.0.0.2'], ['127.0.0.1']],
  [undefined, ['127.0.0.1', '127.0.0.2'], []],
])('LISTEN_HOST=%s - is reached at %j, not at %j', async (host, open, shut) => {
  const lifecycle = createLifecycle()
  const env = { ...ingestEnv('127.0.0.1:1', 'listen-host'), ...(host ? { LISTEN_HOST: host } : {}) }
  const { port } = await startIngest(env, lifecycle)
  const reached = (address: string) =>
    fetch(`http://${address}:${port}/livez`).then(
      ({ status }) => status,
      () => 0,
    )
  expect(await Promise.all(open.map(reached))).toEqual(open.map(() => 200))
  expect(await Promise.all(shut.map(reached))).toEqual(shut.map(() => 0))
  await lifecycle.close()
})
