// The watchdog's process: see ../watchdog.ts. It is in nobody's process group and no terminal reaches it.
import process from 'node:process'
import { guard } from '../watchdog.ts'

await guard(process.stdin)
