import type { Catalog } from '#shared/catalog/catalog.ts'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import type { SubscriptionReport } from '#shared/redis/instances.ts'
import type { KeptOut } from './kept-out.ts'

/** What the set of runners needs of one; `SubscriptionRunner` in the product. */
export type Runner = {
  update(subscription: Subscription, stream: Stream): void
  tick(nowMs: number): void
  report(): SubscriptionReport
  stop(): Promise<void>
}

export type RunnerSet = {
  count(): number
  tick(nowMs: number): void
  reports(): SubscriptionReport[]
  /** Stops following the catalog, then all runners at once. */
  stop(): Promise<void>
}

type SetOptions = {
  catalog: Pick<Catalog, 'subscriptions' | 'stream' | 'onChange'>
  start(subscription: Subscription, stream: Stream): Runner
  /** Subscriptions that must not run here. */
  keptOut: KeptOut
  onBroken(error: unknown): void
}

/** `restart`: what queues are kept by, which a runner cannot change while it runs; order is promised anew from then on. */
type Running = { runner: Runner; restart: string }

/**
 * Keeps one runner per subscription, as the catalog says: created ones start, changed ones hear of it, deleted ones stop, and so
 * do those that have to be kept out; other instances may have what is missing here.
 * The stream of a subscription is known before it; if it is not, the next change of the catalog brings it.
 */
export function followSubscriptions({ catalog, start, keptOut, onBroken }: SetOptions): RunnerSet {
  const running = new Map<string, Running>()
  const ending = new Map<string, Promise<void>>()
  const end = (uid: string, { runner }: Running): Promise<void> => {
    running.delete(uid)
    const ended = runner.stop().finally(() => ending.delete(uid))
    ending.set(uid, ended)
    return ended
  }
  const begin = (subscription: Subscription, stream: Stream) =>
    running.set(subscription.uid, { runner: start(subscription, stream), restart: queuingOf(subscription) })
  const follow = (subscription: Subscription) => {
    const stream = catalog.stream(subscription.stream)
    // One that still stops comes back when it has: a group has one member of this instance at a time.
    if (stream === undefined || ending.has(subscription.uid)) return
    const known = running.get(subscription.uid)
    if (keptOut.has(subscription)) {
      if (known !== undefined) end(subscription.uid, known).then(reconcile).catch(onBroken)
    } else if (known === undefined) begin(subscription, stream)
    else if (known.restart === queuingOf(subscription)) known.runner.update(subscription, stream)
    else end(subscription.uid, known).then(reconcile).catch(onBroken)
  }
  let isStopped = false
  const reconcile = () => {
    if (isStopped) return
    const wanted = new Set(catalog.subscriptions().map(({ uid }) => uid))
    keptOut.retain(wanted)
    for (const [uid, known] of running) if (!wanted.has(uid)) end(uid, known).catch(onBroken)
    for (const subscription of catalog.subscriptions()) follow(subscription)
  }
  const unfollow = catalog.onChange(reconcile)
  reconcile()
  return {
    count: () => running.size,
    tick: (nowMs) => {
      for (const { runner } of running.values()) runner.tick(nowMs)
    },
    reports: () => [...[...running.values()].map(({ runner }) => runner.report()), ...keptOut.reports()],
    async stop() {
      isStopped = true
      unfollow()
      for (const [uid, known] of running) void end(uid, known)
      await Promise.all(ending.values())
    },
  }
}

const queuingOf = ({ ordering, retry }: Subscription): string => `${ordering}/${retry.whileBlocked}`
