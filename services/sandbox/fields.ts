// The sandbox's settings.
import { type Field, integer, text } from '../platform/settings.ts'

const port = (name: string, meaning: string) => integer(name, `${meaning} (0 = any free one)`, { default: 0, max: 65_535 })

/** `<name>Port` is the port of a stand-in. */
export type SandboxFields = {
  host: Field<string>
  port: Field<number>
  dir: Field<string>
  [key: `${string}Port`]: Field<number>
}

/** @param names of the stand-ins; the port of each is a setting such as SANDBOX_CLOUDWATCH_PORT */
export function sandboxFields(names: readonly string[]): SandboxFields {
  const ports = names.map((name) => {
    const setting = `SANDBOX_${name.toUpperCase().replaceAll('-', '_')}_PORT`
    return [`${name}Port`, port(setting, `Port of the stand-in for ${name}`)] as const
  })
  return {
    host: text('SANDBOX_HOST', 'Address or host name to listen on; certificates of stand-ins are valid for the name', {
      default: '127.0.0.1',
    }),
    port: port('SANDBOX_PORT', 'Port of the control page'),
    dir: text('SANDBOX_DIR', 'Folder that keeps the CAs and certificates of stand-ins; temporary ones when not given'),
    ...Object.fromEntries(ports),
  }
}
