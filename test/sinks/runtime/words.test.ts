// A vendor's words as they may be told.
import { describe, expect, it } from 'vitest'
import { formsOfSecret, vendorWords } from '../../../services/sinks/runtime/words.ts'

describe('vendorWords', () => {
  it.each([
    [
      '<html><head><title>403</title></head><body>Access denied by policy: ticket 4711</body></html>',
      'Access denied by policy: ticket 4711',
    ],
    ['<html><head><title>502 Bad Gateway</title></head><body></body></html>', '502 Bad Gateway'],
    [
      '<!DOCTYPE html>\n<html><body><h1>Sign&nbsp;in</h1>\n<p>Tom &amp; Co</p><script>var a = "<p>no</p>"</script></body>',
      'Sign in Tom & Co',
    ],
    ['<style>p { color: red }</style><!-- <p>hidden</p> --><p>seen</p>', 'seen'],
    ['<header>kept</header><HEAD>gone</HEAD><BODY>Seen</BODY>', 'kept Seen'],
    ['<Error><Code>AccessDenied</Code><Message>no</Message></Error>', 'AccessDenied no'],
    ['{"message":"a < b > c"}', '{"message":"a < b > c"}'],
    ['two\r\n  lines\t', 'two lines'],
    ['<html><body>open <b', 'open'],
    ['<script>never closed', ''],
    ['', ''],
  ])('%j - is told as %j', (text, words) => {
    expect(vendorWords(text)).toBe(words)
  })

  it.each(['x', 'я', '😀', '😀x'])('long words of %j - are cut to 1 KB, never inside a character', (character) => {
    const words = vendorWords(character.repeat(5_000))
    expect(Buffer.byteLength(words)).toBeLessThanOrEqual(1_024)
    expect(Buffer.byteLength(words)).toBeGreaterThan(1_015)
    expect(words.isWellFormed() && words.endsWith('…')).toBe(true)
    expect(vendorWords('x'.repeat(1_024))).toBe('x'.repeat(1_024))
  })

  it('secrets - are hidden as they are, in JSON, in a URL and in HTTP Basic, also where the words are cut', () => {
    const secret = 'a"b/c é'
    for (const form of formsOfSecret(secret))
      expect(vendorWords(`key ${form} is bad`, formsOfSecret(secret))).toBe('key *** is bad')
    expect(vendorWords(`${'x'.repeat(1_019)}0123456789`, ['0123456789'])).toBe(`${'x'.repeat(1_019)}***`)
    expect([formsOfSecret(''), formsOfSecret('abc')]).toEqual([[], []])
  })

  it.each(['<head>', '<script', '<!--', '<', '<a>', '&amp;', '</head><head>'])('64 KB of %j - cost milliseconds', (part) => {
    const page = `<p>${part.repeat(64_000 / part.length)}`
    const began = performance.now()
    vendorWords(page)
    expect(performance.now() - began).toBeLessThan(500)
  })
})
