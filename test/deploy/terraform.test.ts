// The Terraform module gives the CloudWatch sink the rights that it uses, no more. Its syntax is checked by services/deploy/check.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const SERVICES = new URL('../../services/', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, SERVICES), 'utf8')

test('rights - are the calls that the sink makes', () => {
  const sink = readdirSync(new URL('sinks/cloudwatch/', SERVICES))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(`sinks/cloudwatch/${file}`))
  const calls = sink.flatMap((text) => [...text.matchAll(/new (\w+)Command\(/g)].map(([, call]) => `logs:${call}`))
  const rights = read('deploy/terraform/cloudwatch.tf').match(/logs:[A-Z]\w+/g) ?? []
  expect(calls.length).toBeGreaterThan(4)
  expect([...new Set(rights)].toSorted()).toEqual([...new Set(calls)].toSorted())
})
