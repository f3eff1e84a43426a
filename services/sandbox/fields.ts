// The sandbox's settings.
import { integer, text } from '../platform/settings.ts'

const port = (name: string, meaning: string) => integer(name, `${meaning} (0 = any free one)`, { default: 0, max: 65_535 })

export const sandboxFields = {
  port: port('SANDBOX_PORT', 'Port of the control page'),
  cloudwatchPort: port('SANDBOX_CLOUDWATCH_PORT', 'Port of the stand-in for CloudWatch Logs'),
  segmentPort: port('SANDBOX_SEGMENT_PORT', 'Port of the stand-in for Segment'),
  papertrailPort: port('SANDBOX_PAPERTRAIL_PORT', 'TLS port of the stand-in for Papertrail'),
  slackPort: port('SANDBOX_SLACK_PORT', 'Port of the stand-in for Slack'),
  dir: text('SANDBOX_DIR', "Folder for the file with Papertrail's CA; a temporary one when not given"),
}
