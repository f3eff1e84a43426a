// What a sink delivers to, by the answer to --check.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { askCheck, planDelivery } from '../../services/local/check.ts'

const standIn = { origin: 'http://127.0.0.1:5', host: '127.0.0.1', port: 5, caFile: '/ca.pem' }

test('planDelivery - no setting given: the stand-in, in a group of its own', () => {
  const sandbox = { X_URL: '$ORIGIN/v1', X_HOST: '$HOST', X_PORT: '$PORT', X_CA: '$CA_FILE', X_KEY: 'sandbox' }
  expect(planDelivery({ given: [], problems: [], sandbox }, standIn)).toEqual({
    delivers: 'to the sandbox',
    env: {
      X_URL: 'http://127.0.0.1:5/v1',
      X_HOST: '127.0.0.1',
      X_PORT: '5',
      X_CA: '/ca.pem',
      X_KEY: 'sandbox',
      SINK_SANDBOX: 'true',
    },
  })
})

test('planDelivery - missing settings are no problem where none is given', () => {
  const check = { given: [], problems: [{ setting: 'X_KEY', problem: 'is missing' }], sandbox: {} }
  expect(planDelivery(check, standIn).refused).toBeUndefined()
})

test('planDelivery - all given: for real, nothing of the sandbox', () => {
  expect(planDelivery({ given: ['X_KEY'], problems: [], sandbox: { X_KEY: 'sandbox' } }, standIn)).toEqual({
    delivers: 'for real',
    env: {},
  })
})

test('planDelivery - some given with problems: refused by name, never the sandbox', () => {
  const check = { given: ['X_KEY'], problems: [{ setting: 'X_HOST', problem: 'is missing' }], sandbox: {} }
  expect(planDelivery(check, standIn)).toEqual({ delivers: 'for real', env: {}, refused: ['X_HOST: is missing'] })
})

test('planDelivery - a stand-in that is not there, or does not tell what is asked for', () => {
  expect(planDelivery({ given: [], problems: [], sandbox: {} }, undefined).refused).toHaveLength(1)
  const { caFile: _, ...without } = standIn
  expect(planDelivery({ given: [], problems: [], sandbox: { X_CA: '$CA_FILE' } }, without).refused?.[0]).toContain('$CA_FILE')
})

test('askCheck - a service that is slow at first is asked again; one that answers wrongly is not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'check-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const main = join(folder, 'main.js')
  const asked = join(folder, 'asked')
  writeFileSync(
    main,
    `const fs = require('node:fs')
    fs.appendFileSync(${JSON.stringify(asked)}, 'x')
    const isSlow = fs.readFileSync(${JSON.stringify(asked)}).length < 2
    setTimeout(() => console.log('{"given":["X"]}'), isSlow ? 60_000 : 0)`,
  )
  const told: number[] = []
  const check = await askCheck(main, { PATH: process.env.PATH }, (seconds) => void told.push(seconds), undefined, [1_500, 15_000])
  expect(check).toEqual({ given: ['X'], problems: [], sandbox: {} })
  expect(told).toEqual([1.5])
  writeFileSync(main, 'process.exit(1)')
  expect(await askCheck(main, { PATH: process.env.PATH })).toEqual({ unanswered: expect.any(String) })
})
