import type { Worker } from 'node:worker_threads'

type Options<M> = {
  start(): Worker
  onMessage(message: M): void
  /** Called after each start. */
  onStart?(): void
  /** It ended without being asked to. */
  onEnd(error: unknown): void
}

export type KeptThread = {
  post(message: unknown): void
  /** Waits `patienceMs` for it to end by itself, then ends it. */
  close(patienceMs: number): Promise<void>
}

const restartMs = 1_000

/** A thread that is started again, a second later, when it dies. */
export function keepThread<M>({ start, onMessage, onStart = () => {}, onEnd }: Options<M>): KeptThread {
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let worker = begin()
  function begin(): Worker {
    const thread = start()
    let failure: unknown
    thread.on('message', onMessage)
    thread.on('error', (error) => {
      failure = error
    })
    thread.on('exit', () => {
      if (isClosed) return
      onEnd(failure)
      timer = setTimeout(() => {
        worker = begin()
        onStart()
      }, restartMs)
    })
    return thread
  }
  return {
    post: (message) => worker.postMessage(message),
    async close(patienceMs) {
      isClosed = true
      clearTimeout(timer)
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
      if (worker.threadId < 0) return
      const late = setTimeout(() => void worker.terminate(), patienceMs)
      await ended
      clearTimeout(late)
    },
  }
}
