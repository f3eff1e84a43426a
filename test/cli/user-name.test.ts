// Who runs a command.
import { userInfo } from 'node:os'
import { getuid } from 'node:process'
import { expect, it } from 'vitest'
import { userName } from '../../services/cli/user-name.ts'

it('user name - is the name that the machine knows the user by', () => {
  expect(userName()).toBe(userInfo().username)
})

it('user name - is a number where the machine has no name for it, as in a container', () => {
  const nameless = () => {
    throw Object.assign(new Error('uv_os_get_passwd returned ENOENT'), { code: 'ERR_SYSTEM_ERROR' })
  }
  expect(userName(nameless)).toBe(`uid ${getuid?.()}`)
})
