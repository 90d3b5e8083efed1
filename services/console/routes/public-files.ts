import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { version } from '#shared/version.ts'

const template = readFileSync(new URL('../index.html', import.meta.url), 'utf8')

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** What a browser sees at the root, and the OpenAPI document; neither needs a credential. */
export function mountPublicFiles(app: FastifyInstance, openApi: object, consoleUrl: string): void {
  const page = template.replaceAll('{{version}}', version).replaceAll('{{consoleUrl}}', escapeHtml(consoleUrl))
  app.get('/', { config: { public: true } }, (_request, reply) => reply.headers(headers).send(page))
  app.get('/openapi.json', { config: { public: true } }, (_request, reply) => reply.send(openApi))
}

const escapeHtml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
