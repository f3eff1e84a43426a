// The form of a certificate, its signature, and files that were changed.
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fileOf, listHash, readKey, signed, verifyFile } from '../../../services/operations/prove/sign.ts'
import { type Certificate, type Difference, SHOWN } from '../../../services/topics/proof-records.ts'
import { rightCertificate } from '../../support/foreign-records.ts'
import { schemaProblems } from '../../support/schemas.ts'

const pair = generateKeyPairSync('ed25519')
const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()

const difference = (n: number): Difference => ({
  log_id: `9002026112700000000000000000${n}`,
  hour: '2026-11-27T00:00+01:00',
  kind: 'missing',
  sink: '',
  why: 'never received',
})

/** @param differences how many there are, all of them in its list */
function certificateOf(differences = 3, key = readKey(pem)): Certificate {
  const list = Array.from({ length: differences }, (_, n) => difference(n))
  const { signature: _, list: __, ...rest } = rightCertificate
  const bound = { total: list.length, left_out: 0, hash: listHash(list), shown_hash: listHash(list.slice(0, SHOWN)) }
  const proved = { ...rest, differences: bound } as unknown as Parameters<typeof signed>[0]
  return { ...proved, signature: signed(proved, key), list }
}

describe('a signed certificate', () => {
  it('as it was written - is verified, with the key or its public half, and fits the schema', () => {
    const certificate = certificateOf()
    expect(schemaProblems('certificate', certificate)).toEqual([])
    for (const key of [
      pem,
      publicPem,
      pem.replaceAll('\n', '\\n'),
      pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    ])
      expect(verifyFile(fileOf(certificate), readKey(key))).toMatchObject({ ok: true, problems: [], notes: [] })
  })

  it('any byte changed - is refused', () => {
    const file = Buffer.from(fileOf(certificateOf()))
    // Every fifth, and all of the signature.
    const signed = file.indexOf('"signature"')
    for (let i = 0; i < file.length; i += i > signed && i < signed + 400 ? 1 : 5) {
      const changed = Buffer.from(file)
      changed[i] ^= 1
      expect(verifyFile(changed.toString('utf8'), readKey(publicPem)).ok, `byte ${i}`).toBe(false)
    }
  })

  it('a byte more, one less, or another order - is refused', () => {
    const file = fileOf(certificateOf())
    const certificate = JSON.parse(file) as Certificate
    const { day, ...others } = certificate
    for (const text of [`${file}\n`, file.slice(0, -1), ` ${file}`, JSON.stringify(certificate), fileOf({ ...others, day })])
      expect(verifyFile(text, readKey(publicPem)).ok).toBe(false)
  })

  it('differences left out, added or exchanged - are noticed', () => {
    const certificate = certificateOf()
    for (const list of [[], certificate.list.slice(1), [...certificate.list, difference(9)], certificate.list.toReversed()])
      expect(verifyFile(fileOf({ ...certificate, list }), readKey(publicPem)).problems).toEqual([
        expect.stringMatching(/list of differences was changed/),
      ])
  })

  it('a list shortened as answers are - is verified and said to be short', () => {
    const certificate = certificateOf(SHOWN + 5)
    expect(verifyFile(fileOf(certificate), readKey(publicPem))).toMatchObject({ ok: true, notes: [] })
    const short = { ...certificate, list: certificate.list.slice(0, SHOWN) }
    expect(verifyFile(fileOf(short), readKey(publicPem))).toMatchObject({
      ok: true,
      notes: [`it shows ${SHOWN} of ${SHOWN + 5} differences: auth0-logs prove --out writes all of them`],
    })
  })

  it('of another key - is refused where the key is known, and said where it is not', () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()
    expect(verifyFile(fileOf(certificateOf()), readKey(other)).problems).toEqual([expect.stringMatching(/signed by another key/)])
    const unknown = verifyFile(fileOf(certificateOf()), undefined)
    expect(unknown).toMatchObject({ ok: true, notes: [expect.stringMatching(/who signed it is not known here/)] })
  })

  it('without a signature - is refused: anybody could have written it', () => {
    const unsigned = verifyFile(fileOf({ ...certificateOf(), signature: null }), readKey(pem))
    expect(unsigned).toMatchObject({ ok: false, problems: [expect.stringMatching(/no signature/)] })
  })

  it.each(['', '{}', 'null', '[]', '{"v":1', JSON.stringify({ ...rightCertificate, v: 2 })])('%s - is no certificate', (text) => {
    expect(verifyFile(text, undefined)).toMatchObject({ ok: false, certificate: undefined })
  })
})

it.each([
  ['nothing', ''],
  ['a text', 'secret-text'],
  [
    'an RSA key',
    generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ],
])('PROVE_KEY that is %s - is refused without telling it', (_, text) => {
  expect(() => readKey(text)).toThrow(/^must be an Ed25519 key/)
})
