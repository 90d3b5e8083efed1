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
  /** False while there is none: it died, or was closed. */
  post(message: unknown): boolean
  /** Waits `patienceMs` for it to end by itself, then ends it. */
  close(patienceMs: number): Promise<void>
}

const restartMs = 1_000

/** A thread that is started again, a second later, when it dies. */
export function keepThread<M>({ start, onMessage, onStart = () => {}, onEnd }: Options<M>): KeptThread {
  let isClosed = false
  let isEnded = false
  let timer: NodeJS.Timeout | undefined
  let worker = begin()
  function begin(): Worker {
    const thread = start()
    let failure: unknown
    thread.on('message', onMessage)
    thread.on('error', (error) => {
      failure = error
    })
    isEnded = false
    thread.on('exit', () => {
      isEnded = true
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
    post(message) {
      if (isEnded) return false
      worker.postMessage(message)
      return true
    },
    async close(patienceMs) {
      isClosed = true
      clearTimeout(timer)
      if (isEnded) return
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
      const late = setTimeout(() => void worker.terminate(), patienceMs)
      await ended
      clearTimeout(late)
    },
  }
}
