// What is done about foreign tenants: the first tenant is remembered in the control topic, an alarm goes to the log and to the reports,
// from where console and Slack have it.
import { errorText } from '../platform/errors.ts'
import { sleep } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/logger.ts'
import type { KafkaClient } from '../topics/client.ts'
import { publishControl, readControl } from '../topics/control.ts'
import type { TenantRecord } from '../topics/control-records.ts'
import type { TopicProducer } from '../topics/produce.ts'
import { newReport } from '../topics/records.ts'
import { publishReport } from '../topics/reports.ts'
import { type ForeignTenant, type TenantWatch, tenantOfDomain, watchTenants } from './tenants.ts'

const SERVICE = 'ingest'
/** Key of the control record `{"tenant":"…"}`. */
const TENANT_KEY = `tenant/${SERVICE}`
const AGAIN_MS = 5_000

/** @param domain AUTH0_DOMAIN, empty where it is not given. @param counted called with the number of foreign events */
export function openTenantWatch(options: {
  domain: string
  client: KafkaClient
  producer: TopicProducer
  instance: string
  counted: (events: number) => void
  log: Logger
  signal: AbortSignal
}): TenantWatch {
  const { domain, client, producer, instance, counted, log, signal } = options

  async function ask(): Promise<void> {
    for (; !signal.aborted; await sleep(AGAIN_MS, signal)) {
      try {
        const record = (await readControl(client, SERVICE)).get(TENANT_KEY)
        return watch.remembered((record as TenantRecord | undefined)?.tenant)
      } catch (error) {
        log.debug({ error: errorText(error) }, 'the tenant of this deployment could not be read; it is asked again')
      }
    }
  }

  async function remember(tenant: string): Promise<void> {
    log.info({ tenant }, 'the first tenant that is seen: events of any other are counted as foreign from now on')
    for (; !signal.aborted; await sleep(AGAIN_MS, signal)) {
      try {
        return await publishControl(client, producer, TENANT_KEY, { tenant })
      } catch (error) {
        log.debug({ error: errorText(error) }, 'the tenant of this deployment could not be written; it is tried again')
      }
    }
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
    first: (tenant) => void remember(tenant),
    counted,
    alarm: (foreign) => void alarm(foreign),
  })
  return watch
}
