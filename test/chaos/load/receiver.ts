/*
 * A receiver as a process of its own. Its mode (modes.ts) decides the answers. Each request that was read is a line of the
 * history, with the status that went out.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { type HistoryWriter, monotonicNs, openHistory } from '../history.ts'
import { type Break, breakOff, isWell, noStatus } from './breaks.ts'
import { type Door, type DoorState, openDoor } from './door.ts'
import { createAnswers, type ReceiverMode } from './modes.ts'
import { type Receipt, readReceipt } from './receipt.ts'
import { createSenders, type Sender } from './senders.ts'
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
  door: Door
  mode: ReceiverMode
  /** Newest first: while a secret is rotated the one before counts, too. */
  webhooks: readonly Webhook[]
  /** Whether a signature holds by the time that it names, however far away that is. */
  takesAnyTime: boolean
  seen: Set<string>
  /** Requests that are no line of the history yet. */
  pending: Set<Promise<void>>
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
  const pending = new Set<Promise<void>>()
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const answering = answer(request, response).finally(() => pending.delete(answering))
    pending.add(answering)
  })
  const door = await openDoor(server, options.host ?? '127.0.0.1')
  const progress = { requests: 0, distinct: 0, unverified: 0, lastNs: 0 }
  setInterval(() => process.send?.({ type: 'progress', progress }), 50)
  process.send?.({ type: 'listening', port: door.port })
  const history = openHistory(options.history)
  const signatures = { webhooks: [], takesAnyTime: false }
  const fresh = { mode: { kind: 'accept' } as const, seen: new Set<string>(), ...signatures }
  return { options, history, server, door, progress, pending, ...fresh }
}

function takeAnyTime(current: State): void {
  current.takesAnyTime = true
  process.send?.({ type: 'takes-any-time' })
}

async function changeMode(current: State, mode: ReceiverMode): Promise<void> {
  current.mode = mode
  await current.door.set(doorOf(mode))
  const { run, actor } = current.options
  const serves = servingOf(mode)
  current.history.append({ op: 'mode', run, actor, ns: monotonicNs(), subscription: actor, serves })
  process.send?.({ type: 'mode-set', progress: current.progress })
}

function doorOf({ kind }: ReceiverMode): DoorState {
  if (kind === 'refuse') return 'shut'
  return kind === 'deaf' ? 'deaf' : 'open'
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const arrivedNs = monotonicNs()
  const body = await readBody(request)
  if (state === undefined || body === undefined) return
  const { mode, progress } = state
  const delayMs = 'delayMs' in mode ? (mode.delayMs ?? 0) : 0
  if (delayMs > 0) {
    senders.tell(request.socket, () => {}) // nobody can tell when it is gone
    await pause(delayMs)
  }
  progress.requests += 1
  const receipt = readReceipt(request.headers, body)
  if (mode.kind === 'break') return breakAnswer(state, mode.how, { request, receipt, body, arrivedNs })
  const { id, attempt } = receipt
  const { status, headers } = answers(mode, { id, attempt, count: progress.requests, ns: arrivedNs })
  const tell: Tell = (hear) => senders.tell(request.socket, hear)
  const asked = { request, receipt, body, arrivedNs }
  if (request.socket.destroyed) return record(state, { ...asked, status: noStatus }, tell)
  record(state, { ...asked, status, retryAfter: headers['retry-after'] }, tell)
  response.writeHead(status, headers).end()
}

/** Undefined where the connection broke before its end. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  } catch {
    return undefined
  }
}

/** Who sent it is asked first: nobody can tell when the connection is gone. */
async function breakAnswer(current: State, how: Break, asked: Read): Promise<void> {
  const { socket } = asked.request
  const sender = await new Promise<Sender>((resolve) => senders.tell(socket, resolve))
  const tell: Tell = (hear) => hear(sender)
  // Dated before its head goes out, like every answer.
  if (isWell(how) && !socket.destroyed) record(current, { ...asked, status: 200 }, tell)
  const status = await breakOff(socket, how)
  if (!isWell(how) || status === noStatus) record(current, { ...asked, status }, tell)
}

type Read = { request: IncomingMessage; receipt: Receipt; body: Buffer; arrivedNs: number }

type Answered = Read & { status: number; retryAfter?: string | undefined }

type Tell = (hear: (sender: Sender) => void) => void

function record(current: State, answered: Answered, tell: Tell): void {
  const { options, history, webhooks, takesAnyTime, seen, progress } = current
  const { request, receipt, body, arrivedNs, status, retryAfter } = answered
  const isSignedBy = takesAnyTime ? signed : verifies
  const verified = webhooks.length === 0 ? null : webhooks.some((webhook) => isSignedBy(webhook, request, body))
  const ns = monotonicNs()
  const { run, actor } = options
  const asked = retryAfter === undefined ? {} : { retryAfterMs: Number(retryAfter) * 1000 }
  tell((sender) =>
    history.append({ op: 'receive', ...receipt, run, actor, status, arrivedNs, ns, verified, sender, ...asked }),
  )
  if (status >= 200 && status < 300) seen.add(receipt.id)
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

async function stop({ server, door, history, pending }: State): Promise<void> {
  server.close()
  await senders.flush()
  server.closeAllConnections()
  await door.set('shut')
  await Promise.all(pending)
  await senders.flush()
  await history.close()
  process.send?.({ type: 'stopped' }, () => process.exit(0))
}
