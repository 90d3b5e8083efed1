import type { Dispatcher } from 'undici'
import { readFirst } from '../resilience/read-first.ts'
import type { AttemptResult, ResponseHead, Timings } from './attempt.ts'
import type { DialTimings } from './dial.ts'
import { aborted, type Ending, endingError, exchangeEnding } from './failure.ts'

/** More of a body is evidence for nobody: it is cut, and the connection with it. */
export const responseBodyLimitBytes = 64 * 1024

/** 100 and 103 come once or twice; a receiver that never stops sending them is cut. */
const informationalLimit = 16

const noDial: DialTimings = { dns: 0, connect: 0, tls: 0 }
const noBody = Buffer.alloc(0)
const cut = endingError(aborted)

/**
 * Asked when a connection is there and before anything is written. `takeDial` gives the timings of the connection that was
 * made for this request, if one was; `mayStart` whether it may still go out.
 */
export type ExchangeStart = { takeDial(): DialTimings | null; mayStart(): boolean }

/**
 * One request and its answer on the wire, as undici tells it. States: waiting (for a connection) → sent → head (the status
 * line has come: it counts, whatever follows) → settled. The time limit, an abort and an error each settle it from any
 * state; what undici reports afterwards is ignored.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** How it ended. Never rejects. */
  readonly result: Promise<AttemptResult>
  readonly #timeoutMs: number
  readonly #start: ExchangeStart
  readonly #startedAt = performance.now()
  readonly #timer: NodeJS.Timeout
  #resolve: (result: AttemptResult) => void = () => {}
  #controller: Dispatcher.DispatchController | null = null
  #dial = noDial
  #informational = 0
  #status = 0
  #headers: ResponseHead = {}
  #firstByteMs: number | null = null
  #chunks: Buffer[] = []
  #bytes = 0
  #isSettled = false

  constructor(timeoutMs: number, start: ExchangeStart) {
    this.#timeoutMs = timeoutMs
    this.#start = start
    this.result = new Promise((resolve) => {
      this.#resolve = resolve
    })
    const giveUp = () => this.#end(this.#tooSlow())
    this.#timer = setTimeout(readFirst(giveUp), timeoutMs)
  }

  /** Ends the exchange from outside. */
  abort(): void {
    this.#end(aborted)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#dial = this.#start.takeDial() ?? noDial
    if (!this.#isSettled && !this.#start.mayStart()) this.#end(aborted)
    if (this.#isSettled) controller.abort(cut)
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHead): void {
    if (status < 200) {
      this.#informational += 1
      if (this.#informational > informationalLimit) this.#end(tooManyInformational)
      return
    }
    this.#status = status
    this.#headers = headers
    this.#firstByteMs = performance.now() - this.#startedAt
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = responseBodyLimitBytes - this.#bytes
    this.#bytes += Math.min(chunk.length, room)
    this.#chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk)
    if (chunk.length > room) this.#end(aborted)
  }

  onResponseEnd(): void {
    this.#settle(this.#answer(false))
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#isSettled) this.#end(exchangeEnding(error))
  }

  #end(ending: Ending): void {
    this.#settle(this.#status === 0 ? { kind: 'failure', ...ending, timingsMs: this.#timings() } : this.#answer(true))
    this.#controller?.abort(cut)
  }

  #settle(result: AttemptResult): void {
    if (this.#isSettled) return
    this.#isSettled = true
    clearTimeout(this.#timer)
    this.#resolve(result)
  }

  #answer(truncated: boolean): AttemptResult {
    const [first = noBody] = this.#chunks
    const body = this.#chunks.length < 2 ? first : Buffer.concat(this.#chunks)
    return {
      kind: 'answer',
      status: this.#status,
      headers: this.#headers,
      body,
      truncated,
      timingsMs: this.#timings(),
    }
  }

  #timings(): Timings {
    const { dns, connect, tls } = this.#dial
    return { dns, connect, tls, firstByte: this.#firstByteMs, total: performance.now() - this.#startedAt }
  }

  #tooSlow(): Ending {
    return this.#controller === null
      ? { stage: 'timeout', code: 'connect-timeout', detail: `no connection within ${this.#timeoutMs} ms` }
      : { stage: 'timeout', code: 'first-byte-timeout', detail: `no answer within ${this.#timeoutMs} ms` }
  }
}

const tooManyInformational: Ending = {
  stage: 'io',
  code: 'io-response-invalid',
  detail: `io more than ${informationalLimit} informational answers`,
}
