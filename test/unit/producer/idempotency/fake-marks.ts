import type { HeldMark, IdempotencyMarks, Mark, Seen } from '#shared/redis/idempotency-marks.ts'

type Kept = { digest: string; untilMs: number } & ({ answer: string } | { token: string; leaseEndMs: number })

/** The marks as an array of facts and a clock that the test moves. */
export type FakeMarks = IdempotencyMarks & {
  nowMs: number
  /** `refuse`: answers null, as when Redis is full. `stall`: never answers. */
  mood: 'well' | 'refuse' | 'stall'
  calls: string[]
  /** Nothing is remembered any more. */
  flush(): void
}

export function createFakeMarks({ windowMs = 60_000, leaseMs = 5_000 } = {}): FakeMarks {
  const kept = new Map<string, Kept>()
  const nameOf = ({ tag, name }: Mark) => `{${tag}}${name}`
  const find = (mark: Mark) => {
    const found = kept.get(nameOf(mark))
    return found !== undefined && found.untilMs > fake.nowMs ? found : undefined
  }
  const pend = (mark: Mark, token: string) => {
    const { nowMs } = fake
    kept.set(nameOf(mark), { digest: mark.digest, token, leaseEndMs: nowMs + leaseMs, untilMs: nowMs + windowMs })
  }
  const isOwn = (found: Kept | undefined, token: string) =>
    found !== undefined && 'token' in found && found.token === token
  const run = <T>(call: string, work: () => T): Promise<T | null> => {
    fake.calls.push(call)
    if (fake.mood === 'stall') return new Promise(() => {})
    return Promise.resolve(fake.mood === 'well' ? work() : null)
  }
  const count = (held: readonly HeldMark[], act: (mark: HeldMark) => boolean) =>
    held.reduce((sum, mark) => sum + Number(act(mark)), 0)
  const openOne = (mark: Mark, token: string): Seen => {
    const found = find(mark)
    if (found !== undefined && found.digest !== mark.digest) return { kind: 'mismatch' }
    if (found !== undefined && 'answer' in found) return { kind: 'done', answer: found.answer }
    const isOther = found !== undefined && 'token' in found && found.token !== token
    if (isOther && found.leaseEndMs > fake.nowMs) return { kind: 'running' }
    pend(mark, token)
    return isOther ? { kind: 'taken-over', token: found.token } : { kind: 'opened' }
  }
  const fake: FakeMarks = {
    nowMs: 1_000,
    mood: 'well',
    calls: [],
    flush: () => kept.clear(),
    open: (held) => run('open', () => held.map((mark) => openOne(mark, mark.token))),
    settle: (settled) =>
      run('settle', () => {
        let others = 0
        for (const { answer, ...mark } of settled) {
          const found = find(mark)
          if (found === undefined || !('answer' in found)) {
            kept.set(nameOf(mark), { digest: mark.digest, answer, untilMs: fake.nowMs + windowMs })
          } else if (found.answer !== answer) others += 1
        }
        return others
      }),
    release: (held) =>
      run('release', () => count(held, (mark) => isOwn(find(mark), mark.token) && kept.delete(nameOf(mark)))),
    renew: (held) =>
      run('renew', () =>
        count(held, (mark) => {
          const found = find(mark)
          if (found !== undefined && !isOwn(found, mark.token)) return false
          pend(mark, mark.token)
          return true
        }),
      ),
    ping: async () => (await run('ping', () => true)) === true,
  }
  return fake
}
