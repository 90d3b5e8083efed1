import type { Subscription } from '#shared/catalog/model.ts'
import type { RunnerEnvironment } from './environment.ts'
import { GoneTargets } from './gone-targets.ts'
import { senderOf } from './sender.ts'
import { openTarget } from './target.ts'
import { Targets } from './targets.ts'

export type OpenTargetsOptions = {
  environment: Pick<
    RunnerEnvironment,
    'catalog' | 'admin' | 'destinationLanes' | 'egress' | 'targetMetrics' | 'hints' | 'pulse' | 'states' | 'telemetry'
  >
  subscription(): Subscription
  /** Whether what is delivered is still ours to deliver, asked in the moment in which it goes out. */
  mayStart(): boolean
  /** Nothing is to be sent, so nobody's health matters. */
  isPaused(): boolean
  /** What all of them come to may be another thing now. */
  onChange(): void
}

/** The targets of a runner's subscription with everything they need of the process. */
export function openTargets({ environment, subscription, isPaused, ...hooks }: OpenTargetsOptions): Targets {
  const { catalog, egress, targetMetrics: metrics, hints, pulse, states, telemetry } = environment
  const { name, uid } = subscription()
  const gone = new GoneTargets({
    ...{ states, subscription },
    onGone: (url, detail) => telemetry.targetLeftOut(name, { url, because: 'gone', detail }),
    onNotWritten: (error) => telemetry.stateNotWritten(uid, error),
  })
  return new Targets({
    ...{ subscription: subscription(), gone },
    open: (spec, { destination, delivery }) =>
      openTarget({
        send: senderOf(environment, { destination, delivery }),
        ...{ uid, spec, delivery, egress, metrics, hints, ...hooks },
        access: catalog.access(subscription()),
        stoodStillSince: (ms) => pulse.stalledAtMs(performance.now()) >= ms,
        isCheckWanted: () => !isPaused() && !gone.has(spec.url),
        onLeftOut: (because, detail) => telemetry.targetLeftOut(name, { url: spec.url, because, detail }),
        onBack: () => telemetry.targetBack(name, spec.url),
      }),
  })
}
