// The image's HEALTHCHECK: status 0 where HEALTH_URL answers 2xx. An agent of its own, because the global one goes through HTTP_PROXY
// where NODE_USE_ENV_PROXY is set. An ingest with a certificate answers https alone, and its certificate is for another name than this.
import { Agent, get } from 'node:http'
import { Agent as TlsAgent, get as getTls } from 'node:https'

const { HEALTH_URL = '', INGEST_TLS_CERT_FILE } = process.env
const url = INGEST_TLS_CERT_FILE ? HEALTH_URL.replace(/^http:/, 'https:') : HEALTH_URL
const answered = (response) => process.exit(response.statusCode >= 200 && response.statusCode < 300 ? 0 : 1)
const request = url.startsWith('https:')
  ? getTls(url, { agent: new TlsAgent({ rejectUnauthorized: false }) }, answered)
  : get(url, { agent: new Agent() }, answered)
request.on('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
