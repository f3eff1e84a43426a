// Certificates of days as files: written whole or not at all, and looked at without Kafka.
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { proveFields } from '../operations/prove/fields.ts'
import { fileOf, verifyFile } from '../operations/prove/sign.ts'
import { Refusal } from '../operations/operation.ts'
import { errorText } from '../platform/errors.ts'
import { printableDeep, printableJson } from '../platform/printable.ts'
import { type Environment, readSettings } from '../platform/settings.ts'
import type { Certificate } from '../topics/proof-records.ts'
import { presentVerified } from './present/prove.ts'
import { shownOn } from './present/shown.ts'
import { columnsOf, createStyle, type Terminal } from './terminal.ts'

/** PROVE_KEY; undefined where it is not set. @throws SettingsError */
export const proveKey = (env: Environment) => readSettings(proveFields, env).proveKey

export const isCertificate = (result: object): result is Certificate => 'certificate' in result && 'hours' in result

/** @throws Refusal where the file cannot be written: there is none then, or the one from before */
export async function writeCertificate(path: string, certificate: Certificate): Promise<void> {
  const beside = `${path}.${process.pid}.part`
  try {
    await writeFile(beside, fileOf(certificate))
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw new Refusal(
      `the certificate was made but not written to ${path}: ${errorText(error)}; auth0-logs proofs ${certificate.day} --out has it again`,
    )
  }
}

/** Says what a file is worth and answers the exit status. */
export async function verifyCertificate({ env, stdout }: Terminal, path: string, json: boolean): Promise<number> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Refusal(`${path} cannot be read: ${errorText(error)}`)
  })
  const verified = verifyFile(text, proveKey(env))
  const { ok, problems, notes, certificate } = verified
  const { id = '', day = '', zone = '', verdict = '' } = certificate ?? {}
  const told = { ok, problems, notes, id, day, zone, verdict, signedBy: verified.signedBy }
  stdout.write(
    json
      ? `${printableJson(JSON.stringify(told, null, 2))}\n`
      : `${presentVerified(path, printableDeep(verified), shownOn(createStyle(stdout, env), columnsOf(stdout, env)))}\n`,
  )
  return ok ? 0 : 1
}
