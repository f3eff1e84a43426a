// A page that is loaded when it is opened first.
import { useEffect, useState } from 'preact/hooks'
import { Failure } from './api.js'
import { html } from './html.js'
import { Failed, Loading } from './parts.js'

const GONE = new Failure(
  0,
  'unreachable',
  'This part of the page could not be loaded: the console does not answer, or has a newer version.',
)

/** A component that stands for another one. @param {() => Promise<Function>} load resolves with that one */
export function lazy(load) {
  let Page
  return function Lazy(props) {
    const [failed, setFailed] = useState(false)
    const [, draw] = useState(0)
    useEffect(() => {
      if (Page || failed) return
      load().then(
        (loaded) => {
          Page = loaded
          draw((n) => n + 1)
        },
        () => setFailed(true),
      )
    }, [failed])
    if (Page) return html`<${Page} ...${props} />`
    // A module that failed to load is not asked for again by the browser: only a new page does.
    return failed ? html`<h1>Not loaded</h1><${Failed} failure=${GONE} again=${() => location.reload()} />` : html`<${Loading} />`
  }
}
