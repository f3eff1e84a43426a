// Settings of everything that calls the tenant's Management API.
import { type Settings, text } from '../platform/settings.ts'

/** @param required whether nothing works without them; the ingest needs them only where its backfill is on */
export const auth0Fields = ({ required }: { required: boolean }) => ({
  domain: text('AUTH0_DOMAIN', "The tenant's domain, such as example.eu.auth0.com; not a custom domain", {
    required,
    check: (domain) => (/^[a-z0-9.-]+$/i.test(domain) ? undefined : 'must be a host name without https://'),
  }),
  clientId: text('AUTH0_CLIENT_ID', 'Application with the scope read:logs; for reconcile read:log_streams too', { required }),
  clientSecret: text('AUTH0_CLIENT_SECRET', "The application's secret", { required, secret: true }),
  apiUrl: text('AUTH0_API_URL', 'Where the Management API answers, when not at AUTH0_DOMAIN: an origin', {
    check: (url) => (/^https?:\/\/[^/\s]+\/?$/.test(url) ? undefined : 'must be an origin such as https://example.com'),
  }),
})

export type Auth0Settings = Settings<ReturnType<typeof auth0Fields>>
