/*
 * A receiver as a process of its own. Its mode (modes.ts) decides the answers. Each answered request is a line of the
 * history.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { type HistoryWriter, monotonicNs, openHistory } from '../history.ts'
import { createAnswers, type ReceiverMode } from './modes.ts'
import { type Receipt, readReceipt } from './receipt.ts'
import { createSenders } from './senders.ts'
import { servingOf } from './serving.ts'

/** `host` is the address to listen on, 127.0.0.1 unless targets are called from elsewhere. */
export type ReceiverOptions = { run: string; actor: string; history: string; host?: string }

/** `distinct` counts events with at least one success; `lastNs` is when the last request was answered. */
export type ReceiverProgress = { requests: number; distinct: number; unverified: number; lastNs: number }

export type ReceiverCommand =
  | { type: 'start'; options: ReceiverOptions }
  | { type: 'mode'; mode: ReceiverMode }
  | { type: 'secret'; secret: string }
  | { type: 'any-time' }
  | { type: 'stop' }

type State = {
  options: ReceiverOptions
  history: HistoryWriter
  server: Server
  port: number
  mode: ReceiverMode
  /** Newest first: while a secret is rotated the one before counts, too. */
  webhooks: readonly Webhook[]
  /** Whether a signature holds by the time that it names, however far away that is. */
  takesAnyTime: boolean
  seen: Set<string>
  progress: ReceiverProgress
}

let state: State | undefined
const answers = createAnswers()
const senders = createSenders()

process.on('message', (command: ReceiverCommand) => void obey(command))
process.once('disconnect', () => process.exit(0))

async function obey(command: ReceiverCommand): Promise<void> {
  if (command.type === 'start') state = await start(command.options)
  else if (state === undefined) throw new Error('not started')
  else if (command.type === 'mode') await changeMode(state, command.mode)
  else if (command.type === 'secret') state.webhooks = [new Webhook(command.secret), ...state.webhooks].slice(0, 2)
  else if (command.type === 'any-time') takeAnyTime(state)
  else await stop(state)
}

async function start(options: ReceiverOptions): Promise<State> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => void answer(request, response))
  const port = await listen(server, options, 0)
  const progress = { requests: 0, distinct: 0, unverified: 0, lastNs: 0 }
  setInterval(() => process.send?.({ type: 'progress', progress }), 50)
  process.send?.({ type: 'listening', port })
  const history = openHistory(options.history)
  const signatures = { webhooks: [], takesAnyTime: false }
  return { options, history, server, port, mode: { kind: 'accept' }, ...signatures, seen: new Set(), progress }
}

function takeAnyTime(current: State): void {
  current.takesAnyTime = true
  process.send?.({ type: 'takes-any-time' })
}

async function changeMode(current: State, mode: ReceiverMode): Promise<void> {
  const wasRefusing = current.mode.kind === 'refuse'
  current.mode = mode
  if (mode.kind === 'refuse' && !wasRefusing) {
    current.server.close()
    current.server.closeAllConnections()
  } else if (mode.kind !== 'refuse' && wasRefusing) await listen(current.server, current.options, current.port)
  const { run, actor } = current.options
  const serves = servingOf(mode)
  current.history.append({ op: 'mode', run, actor, ns: monotonicNs(), subscription: actor, serves })
  process.send?.({ type: 'mode-set' })
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const arrivedNs = monotonicNs()
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  if (state === undefined) return
  const { mode, progress } = state
  const delayMs = 'delayMs' in mode ? (mode.delayMs ?? 0) : 0
  if (delayMs > 0) await pause(delayMs)
  progress.requests += 1
  const body = Buffer.concat(chunks)
  const receipt = readReceipt(request.headers, body)
  const { id, attempt } = receipt
  const { status, headers } = answers(mode, { id, attempt, count: progress.requests, ns: arrivedNs })
  record(state, { request, receipt, body, arrivedNs, status, retryAfter: headers['retry-after'] })
  response.writeHead(status, headers).end()
}

type Answered = {
  request: IncomingMessage
  receipt: Receipt
  body: Buffer
  arrivedNs: number
  status: number
  retryAfter: string | undefined
}

function record({ options, history, webhooks, takesAnyTime, seen, progress }: State, answered: Answered): void {
  const { request, receipt, body, arrivedNs, status, retryAfter } = answered
  const isSignedBy = takesAnyTime ? signed : verifies
  const verified = webhooks.length === 0 ? null : webhooks.some((webhook) => isSignedBy(webhook, request, body))
  const ns = monotonicNs()
  const { run, actor } = options
  const asked = retryAfter === undefined ? {} : { retryAfterMs: Number(retryAfter) * 1000 }
  senders.tell(request.socket, (sender) =>
    history.append({ op: 'receive', ...receipt, run, actor, status, arrivedNs, ns, verified, sender, ...asked }),
  )
  if (status < 300) seen.add(receipt.id)
  if (verified === false) progress.unverified += 1
  progress.distinct = seen.size
  progress.lastNs = ns
}

function verifies(webhook: Webhook, request: IncomingMessage, body: Buffer): boolean {
  try {
    webhook.verify(body, request.headers as Record<string, string>, { jsonParse: false })
    return true
  } catch {
    return false
  }
}

/** By the time that the signature names itself. */
function signed(webhook: Webhook, { headers }: IncomingMessage, body: Buffer): boolean {
  const at = new Date(Number(headers['webhook-timestamp']) * 1000)
  const signature = webhook.sign(String(headers['webhook-id']), at, body)
  return String(headers['webhook-signature']).split(' ').includes(signature)
}

async function stop({ server, history }: State): Promise<void> {
  server.close()
  await senders.flush()
  server.closeAllConnections()
  await history.close()
  process.send?.({ type: 'stopped' }, () => process.exit(0))
}

const listen = (server: Server, { host = '127.0.0.1' }: ReceiverOptions, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
