import { createHash } from 'node:crypto'
import type { TargetHints } from '#shared/redis/target-hints.ts'
import { type Breaker, type BreakerOptions, createBreaker } from '#shared/resilience/breaker.ts'

/** `proves`: whether a result says anything of the target; every one by default. */
export type SharingOptions<T> = { hints: TargetHints; id: string; proves?(result: T): boolean }

/** Another instance has trouble with a target that answered here a moment ago: that is its own network. */
const doubtMs = 5_000
/** Below the shortest time to the next probe (4 s): whoever is first then may probe. */
const restMs = 3_500
/** Beyond a probe and the time between two: as long as anybody probes in vain, the hint stands. */
const hintSlackMs = 30_000

/** Names a target of a subscription to the other instances. */
export function hintIdOf(uid: string, url: string): string {
  return `${uid}.${createHash('sha256').update(url).digest('base64url').slice(0, 16)}`
}

/**
 * A breaker that the instances share by hints: it opens when another one found the target down and nothing here says
 * otherwise, closes when another one's probe succeeded, and probes only while no other one does. A probe that proves nothing
 * is due again later, here or elsewhere at once, and nobody is told anything.
 */
export function createSharedBreaker<T>(options: BreakerOptions<T>, sharing: SharingOptions<T>): Breaker<T> {
  const { hints, id, proves = () => true } = sharing
  const own = createBreaker(options)
  const keptMs = options.probeTimeoutMs + hintSlackMs
  let successAtMs = Number.NEGATIVE_INFINITY
  const watch = hints.watch(id, {
    down: () => {
      if (own.state() === 'closed' && performance.now() - successAtMs > doubtMs) own.open()
    },
    up: () => own.close(),
  })
  const attempting = (attempt: () => Promise<T>) => async () => {
    const result = await attempt()
    if (options.healthy(result)) successAtMs = performance.now()
    return result
  }
  const probe = async (attempt: () => Promise<T>) => {
    const lease = await watch.lease()
    if (lease === 'taken') {
      if (own.state() === 'half-open') own.open()
      return { kind: 'rejected' } as const
    }
    let isProof = true
    try {
      const ran = await own.run(attempting(attempt))
      isProof = ran.kind === 'rejected' || proves(ran.result)
      return ran
    } finally {
      const isBack = own.state() === 'closed'
      if (isBack) hints.up(id)
      else if (isProof) hints.down(id, keptMs)
      watch.rest(isBack || !isProof ? 0 : restMs)
    }
  }
  return {
    ...own,
    run: (attempt) => (own.state() === 'half-open' ? probe(attempt) : own.run(attempting(attempt))),
    open() {
      own.open()
      hints.down(id, keptMs)
    },
    close() {
      own.close()
      hints.up(id)
    },
    shutdown() {
      watch.end()
      own.shutdown()
    },
  }
}
