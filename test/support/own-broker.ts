// A broker of a test's own, with settings that differ from those of the shared one. It runs on Java.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from '../../services/local/broker/broker.ts'
import { freePort } from '../../services/local/ports.ts'
import { startWatchdog } from '../../services/local/watchdog.ts'

type Properties = Readonly<Record<string, string | number>>

const start = (properties: (ports: { port: number; controllerPort: number }) => Properties) => {
  const watchdog = startWatchdog()
  const dataDir = mkdtempSync(join(tmpdir(), 'own-broker-'))
  return startBroker({ dataDir, log: () => {}, onLine: () => {}, env: process.env, onStart: watchdog.watch, properties })
}

export const ownBroker = (properties: Properties) => start(() => properties)

/**
 * With rights: whoever comes in plain text may do all, users log in by SASL PLAIN at `secure` and may do what is granted. A user's
 * password is its name.
 */
export async function brokerWithRights(users: readonly string[]) {
  const securePort = await freePort()
  const logins = users.map((user) => `user_${user}="${user}"`).join(' ')
  const broker = await start(({ port, controllerPort }) => ({
    listeners: `BROKER://127.0.0.1:${port},SECURE://127.0.0.1:${securePort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `BROKER://127.0.0.1:${port},SECURE://127.0.0.1:${securePort}`,
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.secure.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${logins};`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
  }))
  return { broker, secure: `127.0.0.1:${securePort}` }
}

/** Users log in at `secure` by SASL OAUTHBEARER, with tokens that nobody signed: for tests alone. */
export async function brokerWithTokens() {
  const securePort = await freePort()
  const broker = await start(({ port, controllerPort }) => ({
    listeners: `BROKER://127.0.0.1:${port},SECURE://127.0.0.1:${securePort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `BROKER://127.0.0.1:${port},SECURE://127.0.0.1:${securePort}`,
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_PLAINTEXT',
    'sasl.enabled.mechanisms': 'OAUTHBEARER',
    'listener.name.secure.oauthbearer.sasl.jaas.config':
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
  }))
  return { broker, secure: `127.0.0.1:${securePort}` }
}
