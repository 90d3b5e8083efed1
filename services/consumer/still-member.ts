import type { Pulse } from './pulse.ts'

type Facts = { heartbeatAgeMs: number; sessionTimeoutMs: number; pulse: Pick<Pulse, 'stalledAtMs'>; nowMs: number }

/** False while it is doubtful whether the coordinator still counts this member, and what it owned is its own. */
export function isStillMember({ heartbeatAgeMs, sessionTimeoutMs, pulse, nowMs }: Facts): boolean {
  return heartbeatAgeMs < 0.8 * sessionTimeoutMs && pulse.stalledAtMs(nowMs) <= nowMs - heartbeatAgeMs
}
