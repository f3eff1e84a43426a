// The tenant's Management API for `register` and `validate`, through the `auth0` package, which is loaded only here.
import type { Management, ManagementClient } from 'auth0'
import { Refusal } from '../operations/operation.ts'
import { errorText } from '../platform/errors.ts'
import { type Environment, readSettings, type Settings, text } from '../platform/settings.ts'

const CALL_SECONDS = 15

export const auth0Fields = {
  domain: text('AUTH0_DOMAIN', "The tenant's domain, such as example.eu.auth0.com; not a custom domain", { required: true }),
  clientId: text('AUTH0_CLIENT_ID', 'Application that may use the Management API', { required: true }),
  clientSecret: text('AUTH0_CLIENT_SECRET', "The application's secret", { required: true, secret: true }),
  apiUrl: text('AUTH0_API_URL', 'Where the Management API answers, when not at AUTH0_DOMAIN: an origin', {
    check: (url) => (/^https?:\/\/[^/\s]+\/?$/.test(url) ? undefined : 'must be an origin such as https://example.com'),
  }),
}
export type Auth0Settings = Settings<typeof auth0Fields>
export type HttpStream = Management.LogStreamHttpResponseSchema & { id: string; sink: Management.LogStreamHttpSink }
/** What is written; `sink` as a whole, for a PATCH replaces it. */
export type StreamWish = { name: string; sink: Management.LogStreamHttpSink }

export type Tenant = {
  /** Reads one log: the scope read:logs. @throws Refusal */
  readLogs: () => Promise<void>
  /** The tenant's webhook streams. @throws Refusal */
  httpStreams: () => Promise<HttpStream[]>
  create: (wish: StreamWish) => Promise<HttpStream>
  update: (id: string, wish: StreamWish) => Promise<HttpStream>
}

/** @throws SettingsError */
export const readAuth0Settings = (env: Environment): Auth0Settings => readSettings(auth0Fields, env)

export async function openTenant(settings: Auth0Settings, signal: AbortSignal): Promise<Tenant> {
  const { domain, clientId, clientSecret, apiUrl } = settings
  const { ManagementClient } = await import('auth0')
  /** The package takes no other origin than the domain's: here calls are sent to AUTH0_API_URL. */
  const aimed: typeof fetch = (input, init) => {
    const asked = new URL(input instanceof Request ? input.url : input)
    return fetch(apiUrl ? new URL(asked.pathname + asked.search, apiUrl) : asked, init)
  }
  const client = new ManagementClient({ domain, clientId, clientSecret, fetch: aimed })
  const options = { maxRetries: 1, timeoutInSeconds: CALL_SECONDS, abortSignal: signal }
  const asked = async <T>(scope: string, call: (client: ManagementClient) => PromiseLike<T>): Promise<T> => {
    try {
      return await call(client)
    } catch (error) {
      throw new Refusal(words(error, scope, settings))
    }
  }
  return {
    async readLogs() {
      await asked('read:logs', (it) => it.logs.list({ page: 0, per_page: 1, include_totals: false } as never, options))
    },
    async httpStreams() {
      const streams = await asked('read:log_streams', (it) => it.logStreams.list(options))
      return [...streams].filter(({ type }) => type === 'http') as HttpStream[]
    },
    create: async (wish) =>
      (await asked('create:log_streams', (it) => it.logStreams.create({ type: 'http', ...wish }, options))) as HttpStream,
    update: async (id, wish) =>
      (await asked('update:log_streams', (it) => it.logStreams.update(id, wish, options))) as HttpStream,
  }
}

/** What went wrong and what to do; the package hides the cause of a network error two levels down. */
function words(error: unknown, scope: string, { domain, apiUrl }: Auth0Settings): string {
  const { statusCode, body } = error as { statusCode?: number; body?: { message?: string; error_description?: string } }
  const said = body?.message ?? body?.error_description ?? errorText(error)
  const at = apiUrl || domain
  if (statusCode === undefined)
    return `Auth0 does not answer at ${at}, or refuses AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET: ${said}`
  if (statusCode === 401) return `Auth0 answered 401: ${said}. Check AUTH0_DOMAIN, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET`
  if (statusCode === 403) return `Auth0 answered 403: ${said}. Grant the application the scope ${scope} for the Management API`
  return `Auth0 answered ${statusCode}: ${said}`
}
