// What of an event anybody may see.
import { describe, expect, it } from 'vitest'
import { masked, maskedText } from '../../services/events/mask.ts'
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
    ['Wrong password for eve@example.com.', 'Wrong password for ***'],
    ['User auth0|507f1f77 blocked', 'User *** blocked'],
    ['Call from +49 (30) 123-4567', 'Call from ***'],
    ['from 203.0.113.7 and 2001:db8::7', 'from *** and ***'],
    ['Successful login', 'Successful login'],
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
})
