// Logging in.
import { useState } from 'preact/hooks'
import { post } from '../frame/api.js'
import { html } from '../frame/html.js'
import { Notice, useWork } from '../frame/parts.js'
import { set } from '../frame/store.js'

export function Login() {
  const [username, setName] = useState('')
  const [password, setPassword] = useState('')
  const work = useWork()
  const submit = (event) => {
    event.preventDefault()
    work.run(async () => set({ me: await post('/api/login', { username, password }), failure: undefined }))
  }
  return html`<main class="login">
    <form onSubmit=${submit}>
      <h1><img src="/icon.svg" width="24" height="24" alt="" /> Auth0 logs</h1>
      <label>Name <input name="username" autocomplete="username" required autofocus value=${username} onInput=${(e) => setName(e.target.value)} /></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required value=${password}
        onInput=${(e) => setPassword(e.target.value)} /></label>
      ${work.failure && html`<${Notice} tone="bad" title="Not logged in">${work.failure.message}<//>`}
      <button class="primary" disabled=${work.busy}>${work.busy ? 'Checking…' : 'Log in'}</button>
    </form>
  </main>`
}
