// What /livez and /readyz of a sink answer. They answer while Kafka is still away.
import type { Health } from '../../platform/http.ts'
import type { DesiredState } from '../../topics/control.ts'
import type { KafkaWatch } from '../../topics/service.ts'
import type { Flow } from './flow.ts'
import type { Member } from './member.ts'

/** Kafka answers, but this consumer has not been heard of for so long: it hangs, and a restart helps. */
const SILENT_MS = 60_000

/** The parts of a running sink, as far as there are any yet. */
export type Vital = { kafka?: KafkaWatch; flow?: Flow; member?: Member; state?: () => DesiredState }

export const healthOf = (vital: Vital): Health => ({
  live: () =>
    vital.kafka?.answers() && (vital.member?.silentForMs() ?? 0) > SILENT_MS
      ? 'Kafka answers but this consumer hangs'
      : undefined,
  ready() {
    if (!vital.kafka) return 'Kafka has not answered yet'
    if (!vital.kafka.answers()) return vital.kafka.problem()
    if (vital.state && vital.state() !== 'running') return undefined
    return vital.flow && vital.flow.lanes().length > 0 ? undefined : (vital.member?.problem() ?? 'no partitions assigned yet')
  },
})
