import { type ChildProcess, fork, type Serializable } from 'node:child_process'
import { once } from 'node:events'
import { until } from '../../support/until.ts'
import type { ReceiverMode } from './modes.ts'
import type { PublisherOptions } from './publisher.ts'
import type { ReceiverCommand, ReceiverOptions, ReceiverProgress } from './receiver.ts'
import type { PublisherProgress } from './until-known.ts'

export type Publisher = {
  progress(): PublisherProgress
  finished: Promise<PublisherProgress>
  /** From now on no event is due any more; it finishes when all that were are known. */
  end(): void
  stop(): void
}

export type Receiver = {
  url: string
  /** As of 50 ms ago, or of the last change of its mode. */
  progress(): ReceiverProgress
  setMode(mode: ReceiverMode): Promise<void>
  /** From now on every signature is verified with this secret (`whsec_…`), or with the one before. */
  useSecret(secret: string): void
  /** From now on a signature may name any time: the clock of whoever signs jumps. */
  takeAnyTime(): Promise<void>
  /** Ends the process when its history is written. */
  stop(): Promise<void>
}

type NamedReceiver = ReceiverOptions & { name?: string }

type Message =
  | { type: 'progress'; progress: PublisherProgress & ReceiverProgress }
  | { type: 'done'; progress: PublisherProgress }
  | { type: 'listening'; port: number }
  | { type: 'mode-set'; progress: ReceiverProgress }
  | { type: 'takes-any-time' | 'stopped' }

/** Starts a publisher process; it ends by itself when all its events are known. */
export function startPublisher(options: PublisherOptions): Publisher {
  const child = forkBeside('./publisher.ts')
  let progress: PublisherProgress = { due: 0, acknowledged: 0, failedRequests: 0, abandoned: 0 }
  let done = false
  child.on('message', (message: Message) => {
    if (message.type === 'progress' || message.type === 'done') progress = message.progress
    done ||= message.type === 'done'
  })
  tell(child, options)
  const finished = once(child, 'exit').then(() => {
    if (!done) throw new Error('the publisher ended before its run was over')
    return progress
  })
  finished.catch(() => undefined)
  return {
    progress: () => progress,
    finished,
    end: () => tell(child, 'end'),
    stop: () => child.kill('SIGKILL'),
  }
}

/** Starts a receiver process and waits until it listens; its URL has `name` as its host. */
export async function startReceiver({ name = '127.0.0.1', ...options }: NamedReceiver): Promise<Receiver> {
  const child = forkBeside('./receiver.ts')
  let progress: ReceiverProgress = { requests: 0, distinct: 0, unverified: 0, lastNs: 0 }
  let port: number | undefined
  let modesSet = 0
  let takesAnyTime = false
  child.on('message', (message: Message) => {
    if (message.type === 'progress' || message.type === 'mode-set') progress = message.progress
    if (message.type === 'mode-set') modesSet += 1
    else if (message.type === 'listening') port = message.port
    else if (message.type === 'takes-any-time') takesAnyTime = true
  })
  const command = (message: ReceiverCommand) => tell(child, message)
  command({ type: 'start', options })
  const url = `http://${name}:${await until('the receiver listens', () => port)}`
  return {
    url,
    progress: () => progress,
    setMode: async (mode) => {
      const before = modesSet
      command({ type: 'mode', mode })
      await until('the receiver changed its mode', () => modesSet > before)
    },
    useSecret: (secret) => command({ type: 'secret', secret }),
    takeAnyTime: async () => {
      command({ type: 'any-time' })
      await until('the receiver takes any time', () => takesAnyTime)
    },
    stop: () => ended(child, command),
  }
}

async function ended(child: ChildProcess, command: (message: ReceiverCommand) => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  command({ type: 'stop' })
  await exit
}

/** What is said to a process that has just ended is lost with it: whoever waits for it sees its exit. */
const tell = (child: ChildProcess, message: Serializable): void => void child.send(message, () => undefined)

/** Runs a file of this folder (or a path from it) in a process of its own with a channel to it. */
export const forkBeside = (file: string): ChildProcess =>
  fork(new URL(file, import.meta.url), { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
