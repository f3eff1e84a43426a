// The metrics of the Slack service, a row each.
import { counter, gauge } from '../platform/metrics.ts'

export const slackMetrics = {
  posted: counter('slack_messages_total', 'Messages that Slack took'),
  refused: counter('slack_refusals_total', 'Attempts that Slack did not take', ['reason']),
  lag: gauge('lag_records', 'Reports that Slack has not been told of', ['sink']),
  refusedSeconds: gauge('slack_refused_seconds', 'For how long Slack has taken no message'),
}
