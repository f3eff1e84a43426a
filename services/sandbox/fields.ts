// The sandbox's settings.
import { integer, text } from '../platform/settings.ts'

const port = (name: string, meaning: string) => integer(name, `${meaning} (0 = any free one)`, { default: 0, max: 65_535 })

export const sandboxFields = {
  host: text('SANDBOX_HOST', "Address or host name to listen on; Papertrail's certificate is valid for the name", {
    default: '127.0.0.1',
  }),
  port: port('SANDBOX_PORT', 'Port of the control page'),
  cloudwatchPort: port('SANDBOX_CLOUDWATCH_PORT', 'Port of the stand-in for CloudWatch Logs'),
  segmentPort: port('SANDBOX_SEGMENT_PORT', 'Port of the stand-in for Segment'),
  papertrailPort: port('SANDBOX_PAPERTRAIL_PORT', 'TLS port of the stand-in for Papertrail'),
  slackPort: port('SANDBOX_SLACK_PORT', 'Port of the stand-in for Slack'),
  auth0Port: port('SANDBOX_AUTH0_PORT', 'Port of the stand-in for Auth0'),
  dir: text('SANDBOX_DIR', "Folder that keeps Papertrail's CA and certificate; a temporary one when not given"),
}
