// The description of the API: valid OpenAPI, every route and verb in it, and answers that are as described.
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { operations } from '../../services/operations/index.ts'
import { newPrefix } from '../support/kafka.ts'
import { openConsole, type TestConsole } from './console.ts'

type Described = {
  summary: string
  security?: object[]
  parameters?: { name: string; in: string; required: boolean; schema: object }[]
  requestBody?: { content: Record<string, { schema: { properties: object; required?: string[] } }> }
  responses: Record<string, { content: Record<string, { schema: object }> }>
}
type OpenApi = {
  openapi: string
  info: object
  paths: Record<string, Record<string, Described>>
  components: { schemas: { Error: object } }
}

let console: TestConsole
let api: OpenApi
const ajv = new Ajv2020({ strict: false, allErrors: true })

beforeAll(async () => {
  console = await openConsole(inject('brokers'), newPrefix())
  api = (await console.get('/api/openapi.json')).body as unknown as OpenApi
})
afterAll(() => console.close())

const routes = () =>
  Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, row]) => ({ path, method, row })))
const jsonOf = (row: Described, status = '200') => row.responses[status].content['application/json']?.schema

describe('openapi', () => {
  it('document - 3.1, each route with a summary, its answer, its errors and all parameters of its path', () => {
    expect(api).toMatchObject({ openapi: '3.1.0', info: { title: expect.any(String), version: expect.any(String) } })
    expect(routes().length).toBeGreaterThan(25)
    for (const { path, row } of routes()) {
      expect(row.summary.length).toBeGreaterThan(5)
      const inPath = (row.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => `{${name}}`)
      expect(inPath).toEqual([...path.matchAll(/\{\w+\}/g)].map(([name]) => name))
      for (const { schema } of row.parameters ?? []) expect(() => ajv.compile(schema)).not.toThrow()
      const answer = jsonOf(row)
      if (answer) expect(() => ajv.compile(answer)).not.toThrow()
      else expect(Object.keys(row.responses['200'].content)).toEqual(['text/event-stream'])
      expect(row.responses.default.content['application/json'].schema).toEqual({ $ref: '#/components/schemas/Error' })
    }
  })

  it('verbs - every operation is a route with its inputs, but those that follow something, which are streams', () => {
    for (const { name, inputs, stream, summary } of operations) {
      const path = `/api/operations/${name.replaceAll(' ', '/')}`
      if (stream) {
        expect(api.paths[path]).toBeUndefined()
        continue
      }
      const row = api.paths[path]?.post
      expect([name, row?.summary]).toEqual([name, summary])
      const { properties, required = [] } = row.requestBody!.content['application/json'].schema
      expect(Object.keys(properties)).toEqual(Object.keys(inputs))
      expect(required).toEqual(Object.keys(inputs).filter((input) => inputs[input].required))
    }
  })

  it('looking - every GET that answers JSON answers as described, or with a described error', async () => {
    const isError = ajv.compile(api.components.schemas.Error)
    for (const { path, method, row } of routes()) {
      if (method !== 'get' || !jsonOf(row)) continue
      const { status, body } = await console.get(path.replaceAll(/\{\w+\}/g, '0'))
      const check = status === 200 ? ajv.compile(jsonOf(row)) : isError
      expect([path, check(body), check.errors]).toEqual([path, true, null])
    }
  })

  it('changing - every POST without a login and every verb with a wrong input answers a described error', async () => {
    const isError = ajv.compile(api.components.schemas.Error)
    for (const { path, method } of routes()) {
      if (method !== 'post') continue
      const closed = await console.post(path, {})
      expect([path, [400, 401].includes(closed.status), isError(closed.body)]).toEqual([path, true, true])
      if (!path.startsWith('/api/operations/')) continue
      const wrong = await console.perform(path.slice('/api/operations/'.length), { no_such_input: 1 })
      expect([path, wrong.status, isError(wrong.body), wrong.body.field]).toEqual([path, 400, true, 'no_such_input'])
    }
  })
})
