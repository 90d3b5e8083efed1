import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { version } from '#shared/version.ts'
import { pages } from '../web/pages.ts'
import { encodingFor, readWebFiles, type WebFile } from '../web-files.ts'

/** What Vite makes of web/; in an image as in a clone. */
export const builtWeb = join(import.meta.dirname, '../web/dist')

type Options = { openApi: object; consoleUrl: string; folder?: string }

const isPublic = { config: { public: true } }
const yearSeconds = 31_536_000

/** The web part, or where it was not built a page that says so; and the OpenAPI document. None needs a credential. */
export function mountPublicFiles(app: FastifyInstance, { openApi, consoleUrl, folder = builtWeb }: Options): void {
  app.get('/openapi.json', isPublic, (_request, reply) => reply.send(openApi))
  const files = readWebFiles(folder) ?? new Map([['/index.html', unbuiltPage(consoleUrl)]])
  for (const [path, file] of files) app.get(path, isPublic, (request, reply) => send(file, request, reply))
  const page = files.get('/index.html')
  if (page === undefined) return
  const addresses = ['/', ...pages.flatMap((name) => [`/${name}`, `/${name}/*`])]
  for (const path of addresses) app.get(path, isPublic, (request, reply) => send(page, request, reply))
}

function send(file: WebFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const encoding = encodingFor(String(request.headers['accept-encoding'] ?? ''), file)
  reply.headers({
    'content-type': file.type,
    'cache-control': file.isImmutable ? `public, max-age=${yearSeconds}, immutable` : 'no-cache',
    etag: file.etag,
    vary: 'accept-encoding',
  })
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  return reply.send(file.bytes[encoding])
}

function unbuiltPage(consoleUrl: string): WebFile {
  const template = readFileSync(new URL('../unbuilt.html', import.meta.url), 'utf8')
  const page = template.replaceAll('{{version}}', version).replaceAll('{{consoleUrl}}', escapeHtml(consoleUrl))
  const identity = Buffer.from(page)
  return { type: 'text/html; charset=utf-8', etag: '"unbuilt"', isImmutable: false, bytes: { identity } }
}

const escapeHtml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
