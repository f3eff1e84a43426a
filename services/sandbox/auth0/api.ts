// The calls that the stand-in for Auth0 answers: the token endpoint, reading logs, log streams.
import { apiError, insufficientScope, tooManyRequests } from './answers.ts'
import type { Bucket } from './bucket.ts'
import { readLogs } from './read-logs.ts'
import { streamScope } from './streams.ts'
import type { Tenant } from './tenant.ts'
import type { StatusFault } from '../faults.ts'
import type { Recorder } from '../received.ts'
import { type Answer, type Call, parseJson } from '../vendor-http.ts'

const faultAnswers: Record<StatusFault, Answer> = {
  429: tooManyRequests(),
  500: apiError(500, 'Internal Server Error'),
  503: apiError(503, 'Service Unavailable'),
  401: apiError(401, 'Invalid token'),
  403: insufficientScope('read:logs'),
}

export function answerCall(call: Call, tenant: Tenant, recorder: Recorder): Answer {
  const { method, url: path = '/', headers } = call.request
  const url = new URL(path, `http://${headers.host ?? tenant.client.domain}`)
  if (url.pathname === '/oauth/token' && method === 'POST') return issueToken(call, tenant, recorder)
  if (url.pathname === '/api/v2/logs') {
    return limited(tenant.buckets.logs, tenant, recorder, () => answerLogs(call, url, tenant, recorder))
  }
  const streamId = /^\/api\/v2\/log-streams(?:\/([^/]+))?$/.exec(url.pathname)
  if (!streamId) return apiError(404, 'Not Found')
  return limited(tenant.buckets.rest, tenant, recorder, () => answerStreams(call, streamId[1] ?? '', tenant, recorder))
}

/** How a fault is worded; a 429 says that the bucket is empty, whatever is in it. */
export function answerFault(fault: StatusFault, { buckets, now }: Tenant): Answer {
  const empty = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(now() / 1_000) + 1) }
  return { ...faultAnswers[fault], headers: { ...buckets.logs.headers(now()), ...(fault === '429' && empty) } }
}

function limited(bucket: Bucket, { now }: Tenant, recorder: Recorder, answer: () => Answer): Answer {
  const isServed = bucket.take(now())
  if (!isServed) recorder.count('rate_limited')
  const { headers, ...answered } = isServed ? answer() : tooManyRequests()
  return { ...answered, headers: { ...headers, ...bucket.headers(now()) } }
}

function issueToken(call: Call, tenant: Tenant, recorder: Recorder): Answer {
  const { scopes, tokenSeconds } = tenant.setup
  const answer = tenant.tokens.issue(call, scopes, tokenSeconds)
  recorder.count(answer.status === 200 ? 'tokens' : 'unauthorized')
  if (answer.status !== 200) return answer
  // Fetching a token is itself logged: who fetches one for each poll makes a log for each poll.
  const { audience } = tenant.tokens
  const log = { client_id: tenant.client.clientId, client_name: 'Log pipeline', audience, scope: scopes.join(' ') }
  tenant.store().append([{ type: 'seccft', ...log }], tenant.now())
  return answer
}

function answerLogs(call: Call, url: URL, tenant: Tenant, recorder: Recorder): Answer {
  const problem = tokenProblem(call, 'read:logs', tenant, recorder)
  if (problem) return problem
  if (call.request.method !== 'GET') return apiError(405, 'Method Not Allowed')
  const store = tenant.store()
  const { answer, items } = readLogs(store, url, tenant.setup.expiredFrom === '400' ? tenant.cutoff() : undefined)
  if (answer.status === 200) recorder.count('pages')
  for (const { row, text } of items) {
    recorder.take(
      Buffer.byteLength(text),
      () => store.id(row),
      (id) => ({ id, time: row.at, text }),
    )
  }
  return answer
}

function answerStreams(call: Call, id: string, tenant: Tenant, recorder: Recorder): Answer {
  const { method } = call.request
  const problem = tokenProblem(call, streamScope(method), tenant, recorder)
  return problem ?? tenant.streams.answer(method, id, parseJson(call.body))
}

function tokenProblem(call: Call, scope: string, { tokens }: Tenant, recorder: Recorder): Answer | undefined {
  const problem = tokens.problem(call, scope)
  if (problem) recorder.count('unauthorized')
  return problem
}
