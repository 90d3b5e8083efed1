import { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'

/**
 * States: `closed` (everything passes) → `open` (nothing passes; only by `open()`, when the evidence says the target is
 * down) → `half-open` after 5 s ± 20 % (one probe passes) → `closed` when the probe was healthy, else `open` again.
 * opossum keeps the states, the timer and the single probe; its own thresholds are out of reach.
 */
export type BreakerState = 'closed' | 'open' | 'half-open'

export type BreakerOptions<T> = {
  /** Whether the result of a probe shows that the target is up. */
  healthy(result: T): boolean
  /** A probe without a result after this time reopens the breaker. Above the longest attempt, ms. */
  probeTimeoutMs: number
  /** Ms from opening to the next probe, before the jitter of ± 20 %. Default 5,000. */
  resetMs?: number
  /** Hears of every change of state. */
  onState?(state: BreakerState): void
  /** 0 ≤ n < 1, for the jitter. Default Math.random. */
  random?(): number
}

export type BreakerRun<T> = { kind: 'ran'; result: T } | { kind: 'rejected' }

export type Breaker<T> = {
  state(): BreakerState
  /** Runs `attempt` unless the breaker is open or its one probe is under way. Rejects only as `attempt` does. */
  run(attempt: () => Promise<T>): Promise<BreakerRun<T>>
  open(): void
  close(): void
  /** Wall-clock ms of the next change to half-open; null unless open. */
  nextProbeAtMs(): number | null
  /** Nothing passes any more and no timer is left. */
  shutdown(): void
}

const jitter = 0.2

/** A closed breaker for one subscription and target. */
export function createBreaker<T>(options: BreakerOptions<T>): Breaker<T> {
  const { resetMs = 5_000, random = Math.random } = options
  const settings = circuitSettings(options.probeTimeoutMs)
  const circuit = new CircuitBreaker<[() => Promise<T>], T>((attempt) => attempt(), settings)
  let nextProbeAtMs: number | null = null
  // opossum reads resetTimeout of this very object whenever it opens, so each opening gets a jitter of its own.
  const drawReset = () => {
    settings.resetTimeout = Math.round(resetMs * (1 + jitter * (2 * random() - 1)))
  }
  drawReset()
  circuit.on('open', () => {
    nextProbeAtMs = Date.now() + settings.resetTimeout
    drawReset()
    options.onState?.('open')
  })
  circuit.on('halfOpen', () => {
    nextProbeAtMs = null
    options.onState?.('half-open')
  })
  circuit.on('close', () => {
    nextProbeAtMs = null
    options.onState?.('closed')
  })
  return {
    state: () => (circuit.closed ? 'closed' : circuit.halfOpen ? 'half-open' : 'open'),
    // Closed, opossum would only count: the way around it saves about as much CPU as the request itself takes.
    run: async (attempt) =>
      circuit.closed ? { kind: 'ran', result: await attempt() } : probe(circuit, attempt, options.healthy),
    open: () => {
      if (!circuit.isShutdown) circuit.open()
    },
    close: () => {
      if (!circuit.isShutdown) circuit.close()
    },
    nextProbeAtMs: () => nextProbeAtMs,
    shutdown: () => circuit.shutdown(),
  }
}

type Circuit<T> = CircuitBreaker<[() => Promise<T>], T>

async function probe<T>(circuit: Circuit<T>, attempt: () => Promise<T>, healthy: (result: T) => boolean) {
  let outcome: Promise<T> | undefined
  const check = async () => {
    outcome = attempt()
    const result = await outcome
    if (!healthy(result)) throw new Error('the probe shows that the target is not up')
    return result
  }
  try {
    await circuit.fire(check)
  } catch {
    if (outcome === undefined) return { kind: 'rejected' } as const
  }
  // Also when opossum gave up waiting: what the receiver did is never thrown away.
  return { kind: 'ran', result: await (outcome as unknown as Promise<T>) } as const
}

function circuitSettings(timeout: number) {
  return {
    timeout,
    resetTimeout: 0,
    errorThresholdPercentage: 100,
    volumeThreshold: Number.MAX_SAFE_INTEGER,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    // Never emits: nobody reads the statistics, so no breaker needs an interval for them.
    rotateBucketController: new EventEmitter(),
  }
}
