// The form of a certificate, its signature, and what is to be said of a file that claims to be one. Pure.
//
// A file is exactly what `fileOf` writes: any other byte, white space too, is a change. The signature is Ed25519 (RFC 8032) over the
// certificate's JSON without white space, without `signature` and `list`; the list is bound by its hash.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { type Certificate, type Difference, type Proved, SHOWN, type Signature } from '../../topics/proof-records.ts'
import { certificateShape } from '../../topics/proof-shapes.ts'
import { parsed, parseJson } from '../../topics/shapes.ts'

/** SHA-256 over the differences, each as JSON on a line. */
export function listHash(list: readonly Difference[]): string {
  const hash = createHash('sha256')
  for (const one of list) hash.update(`${JSON.stringify(one)}\n`)
  return hash.digest('hex')
}

/**
 * PROVE_KEY: an Ed25519 key as PEM (also with `\n` for its newlines) or as base64 of its DER. A public one is enough to verify.
 * @throws Error with what is wrong, never with the key
 */
export function readKey(text: string): KeyObject {
  const pem = text.trim().replaceAll('\\n', '\n')
  const key = pem.startsWith('-----') ? fromPem(pem) : fromDer(Buffer.from(pem, 'base64'))
  if (key?.asymmetricKeyType !== 'ed25519')
    throw new Error('must be an Ed25519 key, PEM or base64 of its DER: openssl genpkey -algorithm ed25519 makes one')
  return key
}

const fromPem = (pem: string) => firstOf([() => createPrivateKey(pem), () => createPublicKey(pem)])
const fromDer = (key: Buffer) =>
  firstOf([
    () => createPrivateKey({ key, format: 'der', type: 'pkcs8' }),
    () => createPublicKey({ key, format: 'der', type: 'spki' }),
  ])

function firstOf(ways: (() => KeyObject)[]): KeyObject | undefined {
  for (const way of ways) {
    try {
      return way()
    } catch {
      // the next way
    }
  }
  return undefined
}

const publicText = (key: KeyObject) =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'der', type: 'spki' }).toString('base64')

/** A short name of a public key, to be compared by people: the beginning of its SHA-256. */
export const fingerprint = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex').slice(0, 16)

/** Base64 has more than one way to write the same bytes; only one of them is what was written. */
const isExact = (base64: string) => Buffer.from(base64, 'base64').toString('base64') === base64

const bytesOf = (proved: Proved) => Buffer.from(JSON.stringify(proved))

export function signed(proved: Proved, key: KeyObject | undefined): Signature | null {
  if (key?.type !== 'private') return null
  return { algorithm: 'Ed25519', public_key: publicText(key), value: sign(null, bytesOf(proved), key).toString('base64') }
}

/** As a file has it. */
export const fileOf = (certificate: Certificate): string => `${JSON.stringify(certificate, null, 2)}\n`

export type Verified = {
  ok: boolean
  /** In sentences, the first one says what is wrong. */
  problems: string[]
  notes: string[]
  /** Fingerprint of the key; empty where it is not signed. */
  signedBy: string
  /** Undefined where the file is no certificate. */
  certificate: Certificate | undefined
}

/** @param known the key that it should be signed by; undefined where nobody knows it here */
export function verifyFile(text: string, known: KeyObject | undefined): Verified {
  const found = parsed(certificateShape, parseJson(text))
  if (!('value' in found))
    return {
      ok: false,
      problems: [`not a certificate of a day: ${found.problem}`],
      notes: [],
      signedBy: '',
      certificate: undefined,
    }
  const certificate = found.value
  const { signature, list, ...proved } = certificate
  const problems: string[] = []
  const notes: string[] = []
  if (fileOf(certificate) !== text) problems.push('the file was changed: it is not written as certificates are')
  if (signature === null)
    problems.push('it carries no signature, so nobody can tell whether it was changed: set PROVE_KEY where proofs are made')
  else {
    const own = firstOf([() => readKey(signature.public_key)])
    const isSigned =
      own !== undefined &&
      isExact(signature.value) &&
      publicText(own) === signature.public_key &&
      verify(null, bytesOf(proved), own, Buffer.from(signature.value, 'base64'))
    if (!isSigned) problems.push('the signature does not fit: the certificate was changed after it was made')
    if (known && publicText(known) !== signature.public_key)
      problems.push(
        `it is signed by another key (${fingerprint(signature.public_key)}) than PROVE_KEY (${fingerprint(publicText(known))})`,
      )
    if (!known)
      notes.push(`who signed it is not known here: compare the key ${fingerprint(signature.public_key)}, or set PROVE_KEY to it`)
  }
  problems.push(...listProblems(proved, list))
  if (list.length < proved.differences.total)
    notes.push(`it shows ${list.length} of ${proved.differences.total} differences: auth0-logs prove --out writes all of them`)
  const signedBy = signature === null ? '' : fingerprint(signature.public_key)
  return { ok: problems.length === 0, problems, notes, signedBy, certificate }
}

function listProblems({ differences }: Proved, list: readonly Difference[]): string[] {
  const isWhole = list.length === differences.total
  const isShown = list.length === Math.min(SHOWN, differences.total)
  const hash = listHash(list)
  if ((isWhole && hash === differences.hash) || (isShown && hash === differences.shown_hash)) return []
  return ['the list of differences was changed: it is not the one that was signed']
}
