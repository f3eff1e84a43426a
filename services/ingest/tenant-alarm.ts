// What is done about foreign tenants: the first tenant is remembered in the control topic, an alarm goes to the log and to the reports,
// from where console and Slack have it.
import { errorText } from '../platform/errors.ts'
import { sleep } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/logger.ts'
import type { KafkaClient } from '../topics/client.ts'
import type { TopicProducer } from '../topics/produce.ts'
import { newReport } from '../topics/records.ts'
import { publishReport } from '../topics/reports.ts'
import { type ForeignTenant, type TenantWatch, tenantOfDomain, watchTenants } from './tenants.ts'

const SERVICE = 'ingest'
const AGAIN_MS = 5_000

/**
 * @param domain AUTH0_DOMAIN, empty where it is not given
 * @param tenant the tenant that was remembered, by the ingest's own record in the control topic
 * @param remember writes it there
 * @param counted called with the number of foreign events
 */
export function openTenantWatch(options: {
  domain: string
  tenant: () => Promise<string | undefined>
  remember: (tenant: string) => Promise<void>
  client: KafkaClient
  producer: TopicProducer
  instance: string
  counted: (events: number) => void
  log: Logger
  signal: AbortSignal
}): TenantWatch {
  const { domain, tenant, remember, client, producer, instance, counted, log, signal } = options

  async function untilDone(what: string, work: () => Promise<void>): Promise<void> {
    for (; !signal.aborted; await sleep(AGAIN_MS, signal)) {
      try {
        return await work()
      } catch (error) {
        log.debug({ error: errorText(error) }, `the tenant of this deployment could not be ${what}; it is tried again`)
      }
    }
  }

  const ask = () => untilDone('read', async () => watch.remembered(await tenant()))

  function first(own: string): Promise<void> {
    log.info({ tenant: own }, 'first tenant seen; events of any other are counted as foreign from now on')
    return untilDone('written', () => remember(own))
  }

  async function alarm({ own, foreign, logId }: ForeignTenant): Promise<void> {
    const words =
      `events of the tenant ${foreign} arrive here (first: ${logId}), but this deployment is for ${own}: ` +
      'they are stored and delivered with the others. Give each tenant an ingest and a TOPIC_PREFIX of its own'
    log.warn({ tenant: own, foreign, log_id: logId }, words)
    const now = new Date().toISOString()
    const report = newReport({
      service: SERVICE,
      instance,
      run: `${instance}-tenant-${foreign}-${now}`,
      status: 'failed',
      started_at: now,
      ended_at: now,
      first_log_id: logId,
      last_log_id: logId,
      error: `foreign_tenant: ${words}`,
    })
    try {
      await publishReport(client, producer, report)
      // An alarm and no outage: the ingest works on.
      await publishReport(client, producer, { ...report, status: 'idle', error: '' })
    } catch (error) {
      log.warn({ error: errorText(error) }, 'the alarm of a foreign tenant could not be reported')
    }
  }

  const watch = watchTenants(tenantOfDomain(domain), {
    ask: () => void ask(),
    first: (own) => void first(own),
    counted,
    alarm: (foreign) => void alarm(foreign),
  })
  return watch
}
