// The types of simulated events, how often each comes, and what its data holds.
import { oneOf, type Person, type Random, token, whole } from './people.ts'

type Draw = { who: Person; random: Random; time: number }
type Kind = { type: string; weight: number; located?: boolean; data: (draw: Draw) => Record<string, unknown> }

const AUDIENCE = 'https://api.northwind.example/v2'
const SCOPES = 'openid profile email offline_access read:orders write:orders read:addresses'
const CALLBACK = 'https://shop.northwind.example/signed-in'

const client = ({ who }: Draw) => ({ ...who.connection, ...who.application, ip: who.ip, user_agent: who.user_agent })
const user = ({ who }: Draw) => ({ user_id: who.user_id, user_name: who.user_name, ...who.strategy })
const description = (text: string) => ({ description: text })
const obscured = (random: Random) => `${'*'.repeat(40)}${token(random, 3)}`

export const kinds: readonly Kind[] = [
  { type: 's', weight: 26, located: true, data: (draw) => ({ ...client(draw), details: login(draw), ...user(draw) }) },
  {
    type: 'ssa',
    weight: 8,
    located: true,
    data: (draw) => ({
      ...description('Successful silent authentication'),
      ...client(draw),
      details: silent(draw),
      ...user(draw),
    }),
  },
  {
    type: 'seacft',
    weight: 16,
    located: true,
    data: (draw) => ({
      ...description('Authorization Code for Access Token'),
      ...client(draw),
      details: { code: obscured(draw.random), actions: { executions: [token(draw.random, 56), token(draw.random, 56)] } },
      ...user(draw),
      audience: AUDIENCE,
      scope: SCOPES.split(' '),
    }),
  },
  {
    type: 'sertft',
    weight: 14,
    located: true,
    data: (draw) => ({
      ...description('Refresh Token for Access Token'),
      ...client(draw),
      details: { familyId: token(draw.random, 40), tokenCounter: whole(draw.random, 90), refresh_token: obscured(draw.random) },
      ...user(draw),
      audience: AUDIENCE,
      scope: SCOPES,
    }),
  },
  {
    type: 'seccft',
    weight: 8,
    data: ({ who, random }) => ({
      ...description('Client Credentials for Access Token'),
      connection_id: '',
      ...who.application,
      ip: who.ip,
      user_agent: 'northwind-worker/3.2 node/24',
      details: { actions: { executions: [token(random, 56)] } },
      user_id: '',
      user_name: '',
      audience: AUDIENCE,
      scope: 'read:orders',
    }),
  },
  { type: 'sapi', weight: 9, data: management },
  {
    type: 'slo',
    weight: 5,
    located: true,
    data: (draw) => ({
      ...client(draw),
      details: {
        return_to: CALLBACK,
        allowed_logout_url: [CALLBACK, 'northwind://signed-out'],
        session_id: token(draw.random, 32),
      },
      ...user(draw),
    }),
  },
  {
    type: 'ss',
    weight: 2,
    located: true,
    data: (draw) => ({ ...description(''), ...client(draw), details: { body: signUp(draw) }, ...user(draw) }),
  },
  { type: 'fp', weight: 4, located: true, data: (draw) => failed(draw, 'Wrong email or password.', user(draw)) },
  {
    type: 'fu',
    weight: 2,
    located: true,
    data: (draw) => failed(draw, 'Wrong email or password.', { ...user(draw), user_id: '' }),
  },
  { type: 'f', weight: 2, located: true, data: mismatch },
  {
    type: 'limit_wc',
    weight: 1,
    located: true,
    data: (draw) =>
      failed(draw, `${draw.who.user_name} failed to log in 10 times in a row from one address; that address is blocked`),
  },
  {
    type: 'gd_auth_succeed',
    weight: 2,
    data: (draw) => ({
      ...description('Guardian: second factor accepted'),
      ...client(draw),
      details: secondFactor(draw),
      ...user(draw),
    }),
  },
  { type: 'scp', weight: 1, located: true, data: (draw) => ({ ...client(draw), details: passwordChange(draw), ...user(draw) }) },
  {
    type: 'api_limit',
    weight: 0.3,
    data: ({ who, random }) => ({
      ...description('The global limit of the Management API has been reached'),
      ...who.application,
      ip: who.ip,
      user_agent: 'northwind-sync/1.9 python-httpx/0.28',
      details: {
        request: { method: 'get', path: `/api/v2/users/${who.user_id}` },
        limit: 50,
        remaining: 0,
        jti: token(random, 32),
      },
    }),
  },
]

function login({ who, random, time }: Draw) {
  const took = 900 + whole(random, 20_000)
  const started = time - took
  const count = 1 + whole(random, 300)
  return {
    prompts: [
      {
        name: 'prompt-authenticate',
        completedAt: time - 40,
        ...who.connection,
        strategy: who.strategy.strategy,
        identity: who.subject,
        stats: { loginsCount: count },
        elapsedTime: null,
      },
      {
        name: 'login',
        flow: 'universal-login',
        initiatedAt: started + 9,
        completedAt: time - 35,
        timers: { rules: whole(random, 60) },
        user_id: who.user_id,
        user_name: who.user_name,
        elapsedTime: took - 44,
      },
    ],
    initiatedAt: started,
    completedAt: time,
    elapsedTime: took,
    session_id: token(random, 32),
    stats: { loginsCount: count },
    actions: { executions: [token(random, 56)] },
  }
}

function silent({ random, time }: Draw) {
  const took = 40 + whole(random, 400)
  const prompts = [{ name: 'login', requiredCaptcha: false, elapsedTime: null }]
  return { prompts, initiatedAt: time - took, completedAt: time, elapsedTime: took, session_id: token(random, 32) }
}

function signUp({ who, random }: Draw) {
  return {
    client_id: who.application.client_id,
    connection: who.connection.connection,
    email: who.user_name,
    password: '*****',
    tenant: 'northwind',
    transaction: { id: token(random, 44), locale: 'en', protocol: 'oidc-basic-profile', requested_scopes: SCOPES.split(' ') },
    user_metadata: { newsletter: random() < 0.5, referrer: 'spring-campaign' },
  }
}

function failed(draw: Draw, message: string, identity: Record<string, unknown> = { user_id: '', user_name: draw.who.user_name }) {
  return { ...description(message), ...client(draw), details: { error: { message } }, ...identity }
}

function mismatch(draw: Draw) {
  const { who, random } = draw
  const attempt = oneOf(random, ['http://localhost:5173/signed-in', 'https://preview.northwind.example/signed-in'])
  const message = `Callback URL mismatch. ${attempt} is not among the application's allowed callback URLs`
  return {
    ...description(message),
    connection_id: '',
    ...who.application,
    ip: who.ip,
    user_agent: who.user_agent,
    details: {
      body: {},
      qs: {
        client_id: who.application.client_id,
        redirect_uri: attempt,
        response_type: 'code',
        scope: SCOPES,
        state: token(random, 44),
      },
      error: {
        message,
        type: 'callback-url-mismatch',
        payload: { code: 'unauthorized_client', status: 403, name: 'CallbackMismatchError', authorized: [CALLBACK], attempt },
      },
    },
  }
}

function management({ who, random }: Draw) {
  const path = `/api/v2/users/${encodeURIComponent(who.user_id)}`
  const body = { app_metadata: { plan: oneOf(random, ['free', 'plus', 'family']), customer: whole(random, 1e9) } }
  return {
    ...description('Update a User'),
    client_id: who.application.client_id,
    client_name: '',
    ip: who.ip,
    user_agent: who.user_agent,
    details: {
      request: {
        method: 'patch',
        path,
        query: {},
        body,
        channel: 'https://manage.auth0.com/',
        ip: who.ip,
        auth: {
          user: { user_id: 'auth0|66f0c1d2a3b4000000000001', name: 'ops@example.com', email: 'ops@example.com' },
          strategy: 'jwt',
          credentials: { jti: token(random, 32), scopes: ['read:users', 'update:users', 'update:users_app_metadata'] },
        },
      },
      response: { statusCode: 200, body: { user_id: who.user_id, email: who.user_name, email_verified: true, ...body } },
    },
    user_id: 'auth0|66f0c1d2a3b4000000000001',
  }
}

function secondFactor({ who, random }: Draw) {
  return {
    authenticator: { id: `push|dev_${token(random, 16)}`, type: 'push' },
    device_id: `dev_${token(random, 16)}`,
    enrollment: { _id: `dev_${token(random, 16)}`, name: 'phone', user_id: who.user_id },
    first_factor: false,
    remember_browser: true,
    session_id: token(random, 32),
  }
}

function passwordChange({ who, random }: Draw) {
  return {
    title: 'Change Password',
    email: who.user_name,
    body: { verify: true },
    query: {},
    resultUrl: CALLBACK,
    ticket: token(random, 32),
  }
}
