// The token endpoint of the stand-in's tenant (client credentials), and the check of what it issued.
// https://auth0.com/docs/api/authentication/client-credentials-flow/get-token
import { randomBytes } from 'node:crypto'
import { apiError, insufficientScope, tokenError } from './answers.ts'
import { type Answer, type Call, isObject, parseJson } from '../vendor-http.ts'

export type Client = { domain: string; clientId: string; clientSecret: string }

export type Tokens = ReturnType<typeof createTokens>

/** @param now the tenant's clock, ms since the epoch */
export function createTokens(client: Client, now: () => number) {
  const audience = `https://${client.domain}/api/v2/`
  let issued = new Map<string, { until: number; scopes: readonly string[] }>()

  return {
    audience,
    /** `POST /oauth/token`, its body JSON or a form. @param seconds how long the token is good */
    issue(call: Call, scopes: readonly string[], seconds: number): Answer {
      const asked = bodyOf(call)
      if (asked.grant_type !== 'client_credentials') {
        return tokenError(403, 'unsupported_grant_type', `Unsupported grant type: ${String(asked.grant_type)}`)
      }
      if (asked.client_id !== client.clientId || asked.client_secret !== client.clientSecret) {
        return tokenError(401, 'access_denied', 'Unauthorized')
      }
      if (asked.audience !== audience) return tokenError(401, 'access_denied', `Service not found: ${String(asked.audience)}`)
      const access_token = `sandbox.${randomBytes(32).toString('base64url')}`
      issued.set(access_token, { until: now() + seconds * 1_000, scopes })
      return { status: 200, body: { access_token, token_type: 'Bearer', expires_in: seconds, scope: scopes.join(' ') } }
    },
    /** What is wrong with the call's bearer token; undefined when it may do what needs the scope. */
    problem({ request }: Call, scope: string): Answer | undefined {
      const { authorization } = request.headers
      if (!authorization) return apiError(401, 'Missing authentication')
      const token = issued.get(/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '')
      if (!token) return apiError(401, 'Invalid token')
      if (token.until <= now()) return apiError(401, 'Expired token received for JSON Web Token validation')
      return token.scopes.includes(scope) ? undefined : insufficientScope(scope)
    },
    /** Every token issued so far is from now on an expired one. */
    expireAll(): void {
      for (const token of issued.values()) token.until = 0
    },
    clear(): void {
      issued = new Map()
    },
  }
}

function bodyOf({ request, body }: Call): Record<string, unknown> {
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(body.toString()))
  }
  const parsed = parseJson(body)
  return isObject(parsed) ? parsed : {}
}
