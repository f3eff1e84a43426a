// The files of the page: an explicit list, read and compressed once at start. Nothing else of the disk can be asked for.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import type { Express, Request, Response } from '../platform/http.ts'

const PAGE = fileURLToPath(new URL('page/', import.meta.url))
const { resolve } = createRequire(import.meta.url)
const inPackage = (name: string, file: string) =>
  join(resolve(name).slice(0, resolve(name).lastIndexOf(`/node_modules/${name}/`)), 'node_modules', name, file)

/** What the page's modules import by name, as the import map in index.html has it. */
const MODULES: Record<string, [name: string, file: string]> = {
  '/lib/preact.js': ['preact', 'dist/preact.mjs'],
  '/lib/hooks.js': ['preact', 'hooks/dist/hooks.mjs'],
  '/lib/htm.js': ['htm', 'dist/htm.module.js'],
  '/lib/uplot.js': ['uplot', 'dist/uPlot.iife.min.js'],
  '/lib/uplot.css': ['uplot', 'dist/uPlot.min.css'],
}
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

type Asset = { type: string; etag: string; plain: Buffer; brotli: Buffer }

export type Assets = {
  /** CSP sources of the inline import map. */
  scriptHashes: string[]
  mount: (app: Express) => void
}

export function readAssets(): Assets {
  const files = readdirSync(PAGE, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const own = files.map(({ parentPath, name }): [string, string] => {
    const file = join(parentPath, name)
    return [file === join(PAGE, 'index.html') ? '/' : `/${relative(PAGE, file).replaceAll(sep, '/')}`, file]
  })
  const theirs = Object.entries(MODULES).map(([path, [name, file]]): [string, string] => [path, inPackage(name, file)])
  const assets = new Map([...own, ...theirs].map(([path, file]) => [path, read(file)]))
  const index = String(assets.get('/')?.plain)
  const inline = [...index.matchAll(/<script type="importmap">([\s\S]*?)<\/script>/g)].map(([, text]) => text)
  return {
    scriptHashes: inline.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`),
    mount(app) {
      for (const [path, asset] of assets) app.get(path, (request, response) => answer(asset, request, response))
    },
  }
}

function read(file: string): Asset {
  const plain = readFileSync(file)
  return {
    type: TYPES[extname(file)] ?? TYPES['.js'],
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    plain,
    brotli: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  }
}

function answer({ type, etag, plain, brotli }: Asset, request: Request, response: Response): void {
  // Asked again each time, answered with 304: a new version is there at once.
  response.set({ 'content-type': type, etag, 'cache-control': 'no-cache', vary: 'accept-encoding' })
  if (request.headers['if-none-match'] === etag) return void response.status(304).end()
  if (!request.acceptsEncodings('br')) return void response.send(plain)
  response.set('content-encoding', 'br').send(brotli)
}
