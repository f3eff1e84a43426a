// What of an event anybody may see.
import { describe, expect, it } from 'vitest'
import { masked, maskedText, maskedUser, shallow } from '../../services/events/mask.ts'
import { makeEvents } from '../support/test-events.ts'

describe('mask', () => {
  it('fields - types, applications and settings stay; what is or may be of a person is masked, however deep', () => {
    const data = {
      type: 's',
      client_name: 'App',
      isMobile: false,
      user_name: 'eve@example.com',
      ip: '203.0.113.7',
      details: { request: { body: { phone: '+49 30 1234567' }, method: 'post' }, ids: [1, 'eve'], none: null },
      new_field: 'whatever Auth0 adds next',
    }
    expect(masked(data)).toEqual({
      type: 's',
      client_name: 'App',
      isMobile: false,
      user_name: '***',
      ip: '***',
      details: { request: { body: { phone: '***' }, method: 'post' }, ids: ['***', '***'], none: null },
      new_field: '***',
    })
  })

  it.each([
    [{ user_name: 'eve@example.com', user_id: 'auth0|7' }, 'e***'],
    [{ user_name: '𝒩ina' }, '𝒩***'],
    [{ user_name: '', user_id: 'google-oauth2|7' }, 'google-oauth2|***'],
    [{ user_id: 'eve@example.com|x' }, '***'],
    [{ user_id: `${'a'.repeat(100)}|x` }, '***'],
    [{ user_name: ['eve'], user_id: 7 }, ''],
    [{}, ''],
  ])('user - %o is %s', (data, user) => {
    expect(maskedUser(data)).toBe(user)
  })

  it.each([
    ['Wrong password for eve@example.com.', 'Wrong password for ***'],
    ['User auth0|507f1f77 blocked', 'User *** blocked'],
    ['Call from +49 (30) 123-4567', 'Call from ***'],
    ['from 203.0.113.7 and 2001:db8::7', 'from *** and ***'],
    ['Successful login', 'Successful login'],
    ['from 1.1.1.1, from ::1', 'from ***, from ***'],
    ['mail=eve@example.com id=google-oauth2|113', '*** ***'],
    ['12345678@example.com (+491701234567)', '*** (***)'],
    ['room 12, level 3', 'room 12, level 3'],
    ['Error::NotFound in a.b', 'Error::NotFound in a.b'],
  ])('text %s - becomes %s', (text, shown) => {
    expect(maskedText(text)).toBe(shown)
  })

  it('realistic events - no name, id or address of a user is left', () => {
    for (const { data } of makeEvents(200)) {
      const shown = JSON.stringify(masked(data))
      for (const field of ['user_name', 'user_id', 'ip', 'client_ip'])
        if (typeof data[field] === 'string' && data[field] !== '') expect(shown).not.toContain(data[field])
    }
  })

  it('long text - is cut at 500 characters, and never inside an address or a number', () => {
    expect(maskedText('word '.repeat(1_000))).toMatch(/^(word )+.*…$/)
    expect(maskedText('word '.repeat(1_000)).length).toBeLessThanOrEqual(500)
    for (let before = 3_960; before <= 4_010; before++) {
      for (const secret of ['eve.adams@example.com', '+49 30 1234567', 'auth0|507f1f77bcf86cd7']) {
        const shown = maskedText(`${'eve@example.com '.repeat(before / 16)}${'x'.repeat(before % 16)} ${secret} and more`)
        expect(shown).not.toMatch(/adam|\+49|507f/)
      }
    }
  })

  it.each([
    ['letters', 'a'],
    ['words', 'a-'],
    ['digits', '7'],
    ['numbers', '7 (7) '],
    ['addresses', 'a@'],
    ['colons', 'ab:'],
    ['dots', '1.'],
    ['bars', 'a|b.'],
    ['blanks', ' '],
  ])('hostile text of %s - 300 KB take less than 50 ms', (_, piece) => {
    const text = piece.repeat(300_000 / piece.length)
    const began = performance.now()
    const shown = maskedText(text)
    masked({ description: text, details: { error_description: text } })
    expect(performance.now() - began).toBeLessThan(50)
    expect(shown.length).toBeLessThanOrEqual(500)
  })

  it('depth - an event of 400,000 levels is masked, or shown as it is, down to a level, and can be written as JSON', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ]) {
      const event: unknown = JSON.parse(`{"x":${open.repeat(400_000)}1${close.repeat(400_000)},"type":"s"}`)
      for (const copy of [masked(event), shallow(event)]) {
        const text = JSON.stringify(copy)
        expect(text).toMatch(/^\{"x":.*….*,"type":"s"\}$/)
        expect(text.length).toBeLessThan(1_000)
      }
    }
    expect(shallow({ a: [{ b: 1 }] })).toEqual({ a: [{ b: 1 }] })
  })

  it('odd names - are names like any other', () => {
    const event: unknown = JSON.parse('{"__proto__":{"email":"eve"},"constructor":"eve","type":"s"}')
    expect(JSON.stringify(masked(event))).toBe('{"__proto__":{"email":"***"},"constructor":"***","type":"s"}')
  })
})
