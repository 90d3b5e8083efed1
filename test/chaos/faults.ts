import { untilRestarted } from '../support/health.ts'
import type { Stack } from '../support/stack.ts'
import type { Experiment } from './experiment.ts'

type Fault = {
  service: string
  signal: NodeJS.Signals
  /** Whether deliveries may be repeated: those in flight and those since the last commit. */
  repeats: boolean
}

/** Every fault by name. */
export const faults = {
  'kill-broker': { service: 'kafka', signal: 'SIGKILL', repeats: true },
  'kill-consumer': { service: 'consumer', signal: 'SIGKILL', repeats: true },
  'term-consumer': { service: 'consumer', signal: 'SIGTERM', repeats: false },
  'kill-producer': { service: 'producer', signal: 'SIGKILL', repeats: false },
  'term-producer': { service: 'producer', signal: 'SIGTERM', repeats: false },
  'kill-redis': { service: 'redis', signal: 'SIGKILL', repeats: false },
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof faults

export const isFaultName = (name: string): name is FaultName => Object.hasOwn(faults, name)

/** Does it to one process of its service (each in turn, by `round`), writes it down, and waits for the replacement. */
export async function inject(
  stack: Stack,
  experiment: Experiment,
  { name, round }: { name: FaultName; round: number },
) {
  const { service, signal } = faults[name]
  const candidates = (await stack.processes()).filter((one) => one.service === service)
  const chosen = candidates[round % candidates.length]
  if (chosen === undefined) throw new Error(`the stack has no ${service}`)
  experiment.mark(name, chosen.name)
  await untilRestarted(stack, await stack.kill(chosen.name, signal))
}

/** In flight when a process dies (all keys of the default concurrency) and answered since the last commit (200 ms, and as much for a slow one). */
export function allowedDuplicates(names: readonly FaultName[], ratePerSecond: number): number {
  const repeating = names.filter((name) => faults[name].repeats).length
  return repeating * (64 + Math.ceil(ratePerSecond * 0.4))
}
