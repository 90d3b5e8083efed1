import type { TargetClient, TargetMetrics } from '#shared/delivery/target-client.ts'

/**
 * Asks the health path of one target every 5 s ± 20 %.
 *
 *   well → doubted (one check failed; the next one is a second later) → failing → well
 *
 * One good check ends doubt and failing. Without a path it is well for ever.
 */
export type HealthCheck = {
  isFailing(): boolean
  /** What the last check found wrong; null when it was good. */
  lastError(): string | null
  /** Wall clock of the next check; null without a path. */
  nextAtMs(): number | null
  /** It counts as well until two more checks say otherwise. */
  forget(): void
  close(): void
}

export type HealthCheckOptions = {
  url: string
  healthPath: string | null
  client: Pick<TargetClient, 'get'>
  metrics: Pick<TargetMetrics, 'healthChecks'>
  /** Whether this process stood still since then (monotonic ms): what failed meanwhile may be its own doing. */
  stoodStillSince(ms: number): boolean
  /** Asked before each check. */
  isWanted(): boolean
  onChange(isFailing: boolean): void
  /** Between checks, before the jitter, ms. Default 5,000; after the first bad one a fifth of it. */
  everyMs?: number
  /** 0 ≤ n < 1, for the jitter. Default Math.random. */
  random?(): number
}

const jitter = 0.2
const failuresNeeded = 2

const never: HealthCheck = {
  ...{ isFailing: () => false, lastError: () => null, nextAtMs: () => null },
  ...{ forget: () => {}, close: () => {} },
}

export function openHealthCheck({ url, healthPath, ...options }: HealthCheckOptions): HealthCheck {
  if (healthPath === null) return never
  const { client, metrics, stoodStillSince, everyMs = 5_000, random = Math.random } = options
  const healthUrl = new URL(healthPath, url).href
  const aborting = new AbortController()
  let failures = 0
  let lastError: string | null = null
  let nextAtMs = Date.now()
  let timer: NodeJS.Timeout | undefined
  const isFailing = () => failures >= failuresNeeded
  const note = (error: string | null) => {
    const before = isFailing()
    metrics.healthChecks.inc({ result: error === null ? 'healthy' : 'unhealthy' })
    failures = error === null ? 0 : failures + 1
    lastError = error
    if (isFailing() !== before) options.onChange(isFailing())
  }
  const check = async () => {
    const startedAtMs = performance.now()
    const result = await client.get(healthUrl, aborting.signal)
    if (aborting.signal.aborted) return
    const isAnswer = result.kind === 'answer'
    if (!isAnswer && stoodStillSince(startedAtMs)) return
    if (isAnswer && result.status >= 200 && result.status < 300) note(null)
    else note(`health check: ${isAnswer ? `target answered ${result.status}` : result.detail}`)
  }
  const again = (ms: number) => {
    if (aborting.signal.aborted) return
    nextAtMs = Date.now() + ms
    timer = setTimeout(tick, ms).unref()
  }
  const tick = async () => {
    if (options.isWanted()) await check()
    const isDoubted = failures > 0 && !isFailing()
    again(Math.round((isDoubted ? everyMs / 5 : everyMs) * (1 + jitter * (2 * random() - 1))))
  }
  // After the caller has what it opened: the first check may tell it of a change.
  again(0)
  return {
    isFailing,
    lastError: () => lastError,
    nextAtMs: () => nextAtMs,
    forget() {
      failures = 0
      lastError = null
    },
    close() {
      aborting.abort()
      clearTimeout(timer)
    },
  }
}
