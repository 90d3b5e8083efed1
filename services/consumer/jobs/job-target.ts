import type { Job } from '#shared/catalog/job-schema.ts'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { secretsFault } from '#shared/catalog/secrets-fault.ts'
import { createTokenBucket, type TokenBucket } from '#shared/resilience/token-bucket.ts'
import { openTargets } from '../open-targets.ts'
import type { PipelineContext } from '../pipeline.ts'
import type { Ended, Standing } from '../targets.ts'
import type { JobEnvironment } from './environment.ts'

/**
 * The target of a subscription as a job sees it: connections and a breaker of its own, so that nothing a job does takes a
 * slot or a connection from live events.
 */
export type JobTarget = {
  readonly context: PipelineContext
  /** Deliveries that may be under way now, by breaker; 0 while the target is down, or secrets cannot be read. */
  slots(): number
  /** What the last attempt of a delivery asked for: time, or to be taken out. */
  heed(last: Ended): void
  /** The subscription may have another target now. Says whether an operator has ended its holds since. */
  follow(): 'released' | 'same'
  close(): Promise<void>
}

/** Who a job delivers to. */
export type Recipient = { subscription: Subscription; stream: Stream }

export type JobTargetOptions = {
  environment: JobEnvironment
  job: Pick<Job, 'id'>
  recipient(): Recipient
  /** Whether this instance still runs the jobs, asked in the moment in which a request goes out. */
  mayStart(): boolean
  /** No further request for a delivery. */
  isStopping(): boolean
}

/** A job has a quarter of what live events of the subscription have, beside them. */
const share = (whole: number): number => Math.max(1, Math.floor(whole / 4))

export const jobConcurrency = ({ delivery }: Pick<Subscription, 'delivery'>): number => share(delivery.concurrency)

/** Deliveries a second that a job may start: what was asked for, but no more than its share; null for any number. */
export function jobRate(
  { ratePerSecond }: Pick<Job, 'ratePerSecond'>,
  subscription: Subscription | null,
): number | null {
  const limit = subscription?.delivery.rateLimit ?? null
  if (limit === null) return ratePerSecond
  return Math.min(share(limit.perSecond), ratePerSecond ?? Number.POSITIVE_INFINITY)
}

/** A fifth of a second at once: the loop of a busy process may be late. */
export const bucketOf = (perSecond: number): TokenBucket =>
  createTokenBucket({ perSecond, burst: Math.max(1, Math.ceil(perSecond / 5)) })

export function openJobTarget({ environment, job, recipient, mayStart, isStopping }: JobTargetOptions): JobTarget {
  const { catalog, telemetry } = environment
  const subscription = () => recipient().subscription
  const ownShare = (): Subscription => {
    const { delivery } = subscription()
    return { ...subscription(), delivery: { ...delivery, concurrency: jobConcurrency(subscription()) } }
  }
  // Live deliveries see to the health of the targets; what they find out is heard here.
  const targets = openTargets({
    ...{ environment, subscription: ownShare },
    ...{ mayStart, isPaused: () => true, onChange: () => undefined },
  })
  const secrets = () => catalog.signingSecrets(subscription().uid)
  let [known, knownState, knownSecrets] = [subscription(), catalog.state(subscription().uid), secrets()]
  /** An event that goes out unsigned, or without its credentials, is worse than one that waits. */
  let fault: string | null = null
  return {
    context: {
      ...{ subscription, secrets, isStopping, replay: job.id },
      stream: () => recipient().stream,
      targets: {
        pick: (tried) => targets.pick(tried),
        isAnyUp: () => targets.isAnyUp(),
      },
      // Live events are compared; a second time would tell nothing new.
      comparing: null,
      sendsMore: () => undefined,
      attemptFailed({ record: { topic, partition }, offset }, { number, url }, { kind, code, detail }) {
        const { name, uid } = subscription()
        const ref = { subscription: name, uid, topic, partition, offset }
        telemetry.attemptFailed(ref, { attempt: number, target: url, outcome: kind, code, detail })
      },
    },
    heed: (last) => targets.heed(last),
    slots: () => (fault === null ? slotsOf(targets.standing(), subscription()) : 0),
    follow() {
      const before = known
      const isSame = known === subscription() && knownSecrets === secrets()
      if (isSame && knownState === catalog.state(known.uid)) return 'same'
      ;[known, knownState, knownSecrets] = [subscription(), catalog.state(known.uid), secrets()]
      fault = secretsFault(catalog, known)
      if (fault === null) targets.update(ownShare())
      if (before.releasedAt === known.releasedAt) return 'same'
      targets.release()
      return 'released'
    },
    close: () => targets.close(),
  }
}

/** All it may have while one target is up; one delivery, to find out, while none is. */
function slotsOf(standing: Standing, subscription: Subscription): number {
  switch (standing.kind) {
    case 'up':
      return jobConcurrency(subscription)
    case 'down':
      return standing.state === 'half-open' ? 1 : 0
    case 'waits':
    case 'gone':
      return 0
    default:
      return standing satisfies never
  }
}
