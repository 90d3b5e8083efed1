import type { Beats } from './beats.ts'

/**
 * When this process last saw the beat of another one change, on its own monotonic clock (ms): clocks of different hosts
 * are never compared. `hasChanged` is false until it was seen to live: what a crash of long ago left behind is no suspect.
 */
export type Sighting = { beat: string; changedAtMs: number; hasChanged: boolean }

/** By client id. */
export type Sightings = ReadonlyMap<string, Sighting>

export type Situation = {
  sightings: Sightings
  /** Client id of this process. */
  self: string
  /** How long this process has looked around without standing still. */
  steadyForMs: number
  /** How long this process has been connected to Redis without a break. */
  connectedForMs: number
  /** When it last evicted another one; -Infinity for never. */
  evictedAtMs: number
  nowMs: number
}

const silentMs = 2_000
/**
 * Half the silence, and not the same limit: when Redis stops taking writes, everybody's beats end within one interval, and
 * whoever ended last must not count as the living witness against whoever ended first.
 */
const freshMs = 1_000
const connectedMs = 3_000
/** Who was frozen, or starved, says nothing of others until it has seen them for a while: they may be as short of time. */
const steadyMs = 5_000
const pauseMs = 5_000
const forgottenMs = 60_000

/**
 * The sightings after one more look. `atMs` is when the look was asked for, not when it was answered: a process that
 * stood still in between would otherwise take its own silence for that of the others.
 */
export function noteBeats(before: Sightings, beats: Beats, atMs: number): Sightings {
  return new Map(
    Object.entries(beats).map(([clientId, beat]) => {
      const known = before.get(clientId)
      if (known?.beat === beat) return [clientId, known]
      return [clientId, { beat, changedAtMs: atMs, hasChanged: known !== undefined }]
    }),
  )
}

/**
 * The consumer that has been silent longest and may be evicted now, if any. A blip of Redis must not make everybody evict
 * everybody, so only when all of this holds: the own beat arrives, Redis has been connected for 3 s, this process has not
 * stood still for 5 s, another process
 * (of any service: with two consumers it is a producer or a console) is seen to live, the suspect has been silent for
 * 2 s, and the last eviction was 5 s ago. Otherwise the session timeout decides. Who left cleanly has no beat to miss.
 */
export function findSuspect(situation: Situation): string | undefined {
  const { sightings, self, steadyForMs, connectedForMs, evictedAtMs, nowMs } = situation
  if (steadyForMs < steadyMs || connectedForMs < connectedMs || nowMs - evictedAtMs < pauseMs) return undefined
  const isFresh = ([, sighting]: [string, Sighting]) => sighting.hasChanged && nowMs - sighting.changedAtMs <= freshMs
  const fresh = [...sightings].filter(isFresh).map(([clientId]) => clientId)
  if (!fresh.includes(self) || fresh.length < 2) return undefined
  const silent = [...sightings]
    .filter(([clientId, { hasChanged }]) => hasChanged && clientId.startsWith('consumer-'))
    .filter(([, { changedAtMs }]) => nowMs - changedAtMs >= silentMs)
    .sort(([, a], [, b]) => a.changedAtMs - b.changedAtMs)
  return silent[0]?.[0]
}

/** After an eviction: that process has to be seen to live again before it can be suspected again. */
export function forget(sightings: Sightings, clientId: string): Sightings {
  return new Map([...sightings].filter(([known]) => known !== clientId))
}

/** Processes that have been silent for a minute: their beats only take up room. */
export function findForgotten(sightings: Sightings, nowMs: number): string[] {
  return [...sightings].filter(([, { changedAtMs }]) => nowMs - changedAtMs > forgottenMs).map(([clientId]) => clientId)
}
