// How Auth0 words its errors: the Management API in one shape, the token endpoint in OAuth's.
import type { Answer } from '../vendor-http.ts'

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** @param errorCode absent in what the gateway answers before the API is reached (401, 405, 5xx) */
export function apiError(status: number, message: string, errorCode?: string): Answer {
  return { status, body: { statusCode: status, error: titles[status], message, ...(errorCode && { errorCode }) } }
}

export const tokenError = (status: number, error: string, description: string): Answer => ({
  status,
  body: { error, error_description: description },
})

export const tooManyRequests = () => apiError(429, 'Global limit has been reached', 'too_many_requests')
export const insufficientScope = (scope: string) =>
  apiError(403, `Insufficient scope, expected any of: ${scope}`, 'insufficient_scope')
