// The sandbox's own page and API: see what the stand-ins received, make them misbehave.
import express from 'express'
import { errorText } from '../platform/errors.ts'
import { createApp, type Listening, listen, type Request, type Response } from '../platform/http.ts'
import type { Fault } from './faults.ts'
import { page } from './page.ts'
import { HOST, type StandIn } from './stand-in.ts'

const SHOWN = 20
const MOST_SHOWN = 10_000
/** Everything on the page is in the page: nothing may be loaded, nothing may run. */
const CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

/**
 * `GET /` a page · `GET /received/<name>?limit=` counts and the newest events ·
 * `POST /misbehave/<name>` with a Fault as JSON · `DELETE /misbehave/<name>` ·
 * `POST /control/<name>/<action>` with the action's input as JSON, e.g. `/control/auth0/append {"count":1000}`. Errors are `{error, message}`.
 */
export function startControl(standIns: readonly StandIn[], port: number, host = HOST): Promise<Listening> {
  const app = createApp()
  app.get('/', (_, response) => {
    response.set('content-security-policy', CONTENT_POLICY).type('html').send(page(standIns, SHOWN))
  })
  app.get('/received/:name', (request, response) => {
    const standIn = find(standIns, request, response)
    if (standIn) response.json(receivedBy(standIn, Number(request.query.limit ?? SHOWN)))
  })
  app.post('/misbehave/:name', express.json({ strict: true }), (request, response) => {
    const standIn = find(standIns, request, response)
    if (!standIn) return
    try {
      standIn.misbehave({ ...(request.body as Fault) })
      response.json({ fault: standIn.fault })
    } catch (error) {
      response.status(400).json({ error: 'unknown_fault', message: errorText(error) })
    }
  })
  app.delete('/misbehave/:name', (request, response) => {
    const standIn = find(standIns, request, response)
    if (!standIn) return
    standIn.behave()
    response.json({ fault: null })
  })
  app.post('/control/:name/:action', express.json({ strict: true }), (request, response) => {
    const standIn = find(standIns, request, response)
    return standIn && act(standIn, request, response)
  })
  app.use((_, response) => {
    response.status(404).json({ error: 'not_found', message: 'this path is not known here; GET / shows what there is' })
  })
  // The fourth parameter is what tells express that this is for errors: here only a body that is no JSON.
  app.use((error: unknown, _: Request, response: Response, _next: express.NextFunction) => {
    response.status(400).json({ error: 'bad_request', message: errorText(error) })
  })
  return listen(app, { port, host })
}

async function act({ name, actions = {} }: StandIn, request: Request, response: Response): Promise<void> {
  const action = String(request.params.action)
  if (!Object.hasOwn(actions, action)) {
    const message = `${name} can ${Object.keys(actions).join(', ') || 'do nothing of the kind'}, not ${action}`
    return void response.status(404).json({ error: 'unknown_action', message })
  }
  try {
    response.json(await actions[action]({ ...(request.body as object) }))
  } catch (error) {
    response.status(400).json({ error: 'bad_input', message: errorText(error) })
  }
}

function find(standIns: readonly StandIn[], request: Request, response: Response): StandIn | undefined {
  const standIn = standIns.find(({ name }) => name === request.params.name)
  if (!standIn) {
    const known = standIns.map(({ name }) => name).join(', ')
    response.status(404).json({ error: 'unknown_stand_in', message: `there is no ${String(request.params.name)}, only ${known}` })
  }
  return standIn
}

function receivedBy({ name, received, fault }: StandIn, asked: number) {
  const limit = Number.isInteger(asked) && asked >= 0 ? Math.min(asked, MOST_SHOWN) : SHOWN
  const { requests, total, bytes, unique, counts } = received
  return {
    name,
    requests,
    total,
    bytes,
    unique,
    counts,
    fault: fault ?? null,
    events: received.last(limit),
    refused: received.refused(limit),
  }
}
