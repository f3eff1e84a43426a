// JSX without a build: htm makes Preact's elements from template texts. https://github.com/developit/htm
import htm from 'htm'
import { h } from 'preact'

export const html = htm.bind(h)
