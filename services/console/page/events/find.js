// Find: events of the last hours by user, client, address or text.
import { html } from '../frame/html.js'

export const Find = () => html`<h1>Find</h1>`
