// The API described in OpenAPI 3.1, from the same rows as the routes themselves. https://spec.openapis.org/oas/v3.1.1.html
import { version } from '../platform/version.ts'
import type { JsonSchema, Route } from './route.ts'

const ERROR: JsonSchema = {
  type: 'object',
  required: ['error', 'message'],
  properties: {
    error: { type: 'string', description: 'snake_case' },
    message: { type: 'string', description: 'What happened and what to do' },
    field: { type: 'string', description: 'The input that is wrong' },
  },
}

export function openapi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method]: described(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Auth0 log pipeline: console', version },
    security: [{ session: [] }, { basic: [] }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'session' },
        basic: { type: 'http', scheme: 'basic' },
      },
      schemas: { Error: ERROR },
    },
  }
}

function described({ path, summary, access, query = {}, body, answers }: Route): object {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const inQuery = Object.entries(query).map(([name, schema]) => ({ name, in: 'query', required: false, schema }))
  const parameters = [...inPath, ...inQuery]
  const content = answers ? { 'application/json': { schema: answers } } : { 'text/event-stream': { schema: { type: 'string' } } }
  return {
    summary,
    ...(access === 'anyone' ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } } : {}),
    responses: {
      200: { description: summary, content },
      default: {
        description: 'What went wrong',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}
