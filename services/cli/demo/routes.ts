import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createInbox, describeWebhook } from './inbox.ts'
import { inboxPath } from './inbox-path.ts'
import { mailerAnswer, neighbours } from './neighbours.ts'
import { changed, wellBehaved } from './switches.ts'
import { isVerified } from './verify.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

const slowMs = 5_000
const largestBodyBytes = 16 * 1024 * 1024
const listed = 50
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'"

/**
 * Everything the demo receiver answers: its page, what the page asks for (`GET /requests`, `PUT /switches`), and the
 * webhooks that come to `POST /inbox`, each checked with the signing secret of its subscription. Its neighbours only answer.
 */
export function createRoutes(secret: string): Handler {
  const inbox = createInbox()
  let switches = wellBehaved

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request)
    if (body === undefined) return answerJson(response, 413, { error: 'the body is larger than 16 MiB' })
    const isUnlucky = switches.failOneIn > 0 && (inbox.total() + 1) % switches.failOneIn === 0
    const verified = isVerified(request.headers, body, secret)
    const status = switches.refuse ? null : switches.fail || isUnlucky ? 500 : verified ? 200 : 401
    const isSlow = switches.slow
    inbox.add({ ...describeWebhook(request.headers, body), verified, status })
    if (status === null) return void request.socket.destroy()
    if (isSlow) await pause(slowMs)
    answerJson(response, status, { verified })
  }

  async function changeSwitches(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const next = changed(switches, parse(await readBody(request)))
    if (next === undefined)
      return answerJson(response, 400, { error: `known switches: ${Object.keys(wellBehaved).join(', ')}` })
    switches = next
    answerJson(response, 200, switches)
  }

  async function search(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (switches.searchDown) return void request.socket.destroy()
    await readBody(request)
    answerJson(response, 200, {})
  }

  async function mailer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = (await readBody(request))?.toString('utf8') ?? ''
    const { status, body } = mailerAnswer(request.headers['ce-type']?.toString() ?? null, text)
    answerJson(response, status, body)
  }

  const list: Handler = (_request, response) =>
    answerJson(response, 200, { total: inbox.total(), switches, requests: inbox.last(listed) })

  const routes: Record<string, Handler> = {
    'GET /': staticFile('index.html', 'text/html; charset=utf-8'),
    'GET /page.css': staticFile('page.css', 'text/css; charset=utf-8'),
    'GET /page.js': staticFile('page.js', 'text/javascript; charset=utf-8'),
    'GET /requests': list,
    'PUT /switches': changeSwitches,
    [`POST ${inboxPath}`]: receive,
    [`POST ${neighbours.search.path}`]: search,
    [`POST ${neighbours.mailer.path}`]: mailer,
  }
  const unknown: Handler = (_request, response) => answerJson(response, 404, { known: Object.keys(routes) })
  return (request, response) => {
    const path = request.url?.split('?')[0]
    return (routes[`${request.method} ${path}`] ?? unknown)(request, response)
  }
}

function staticFile(name: string, type: string): Handler {
  const content = readFileSync(join(import.meta.dirname, 'page', name))
  const headers = { 'content-type': type, 'content-security-policy': policy, 'x-content-type-options': 'nosniff' }
  return (_request, response) => void response.writeHead(200, headers).end(content)
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Undefined when it is larger than a receiver would take. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request) {
    bytes += piece.length
    if (bytes > largestBodyBytes) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function parse(body: Buffer | undefined): unknown {
  try {
    return JSON.parse(body?.toString('utf8') ?? '')
  } catch {
    return undefined
  }
}
