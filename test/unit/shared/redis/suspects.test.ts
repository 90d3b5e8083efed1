import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Beats } from '#shared/redis/beats.ts'
import {
  findForgotten,
  findSuspect,
  forget,
  noteBeats,
  type Sightings,
  type Situation,
} from '#shared/redis/suspects.ts'

const self = 'consumer-a-000001'
const peer = 'consumer-b-000001'
const witness = 'producer-p-000001'
const everyMs = 250

type Watch = { untilMs: number; beats: (nowMs: number) => Beats; since?: Sightings }

/** Looks every 250 ms from 0 to `untilMs`. */
function watch({ untilMs, beats, since = new Map() }: Watch): Sightings {
  let sightings = since
  for (let nowMs = 0; nowMs <= untilMs; nowMs += everyMs) sightings = noteBeats(sightings, beats(nowMs), nowMs)
  return sightings
}

/** A heart that beats with every look until `endMs`. */
const until = (endMs: number) => (nowMs: number) => String(Math.min(nowMs, endMs))
const alive = until(Number.POSITIVE_INFINITY)

/** At 10 s, after the peer has been silent for exactly 2 s: every clause holds. */
function situation(changed: Partial<Situation> = {}, beats: (nowMs: number) => Beats = () => ({})): Situation {
  const all = (nowMs: number) => ({
    [self]: alive(nowMs),
    [witness]: alive(nowMs),
    [peer]: until(8_000)(nowMs),
    ...beats(nowMs),
  })
  const sightings = watch({ untilMs: 10_000, beats: all })
  return { sightings, self, steadyForMs: 5_000, connectedForMs: 3_000, evictedAtMs: 5_000, nowMs: 10_000, ...changed }
}

test('a consumer that has been silent for 2 s is a suspect, not a moment before', () => {
  assert.equal(findSuspect(situation()), peer)
  assert.equal(findSuspect({ ...situation({ evictedAtMs: 0 }), nowMs: 9_999 }), undefined)
})

test('nobody is suspected before Redis has been connected for 3 s', () => {
  assert.equal(findSuspect(situation({ connectedForMs: 2_999 })), undefined)
})

test('nobody is suspected by who stood still less than 5 s ago', () => {
  assert.equal(findSuspect(situation({ steadyForMs: 4_999 })), undefined)
})

test('nobody is suspected within 5 s of the last eviction', () => {
  assert.equal(findSuspect(situation({ evictedAtMs: 5_001 })), undefined)
  assert.equal(findSuspect(situation({ evictedAtMs: Number.NEGATIVE_INFINITY })), peer)
})

test('nobody is suspected while the own beat does not arrive', () => {
  assert.equal(findSuspect(situation({}, (nowMs) => ({ [self]: until(8_750)(nowMs) }))), undefined)
  assert.equal(findSuspect(situation({}, (nowMs) => ({ [self]: until(9_000)(nowMs) }))), peer)
  assert.equal(findSuspect(situation({ self: 'consumer-a-000002' })), undefined)
})

test('nobody is suspected without another process that lives, whatever its service', () => {
  assert.equal(findSuspect(situation({}, (nowMs) => ({ [witness]: until(8_750)(nowMs) }))), undefined)
  const other = { [witness]: '1', 'consumer-c-000001': '1' }
  assert.equal(findSuspect(situation({}, () => other)), undefined)
  assert.equal(findSuspect(situation({}, (nowMs) => ({ ...other, 'console-x-000001': alive(nowMs) }))), peer)
})

test('when Redis takes no more writes, everybody falls silent and nobody is suspected at any time', () => {
  const hearts = [self, peer, witness, 'consumer-c-000001']
  const beats = (nowMs: number) =>
    Object.fromEntries(hearts.map((heart, index) => [heart, until(5_000 + index * everyMs)(nowMs)]))
  for (let nowMs = everyMs; nowMs < 20_000; nowMs += everyMs) {
    const sightings = watch({ untilMs: nowMs, beats })
    assert.equal(findSuspect(situation({ sightings, nowMs, evictedAtMs: 0 })), undefined, `at ${nowMs} ms`)
  }
})

test('only consumers are suspects, the one silent longest first', () => {
  const others = (nowMs: number) => ({
    [peer]: alive(nowMs),
    'producer-q-000001': until(2_000)(nowMs),
    'consumer-c-000001': until(7_000)(nowMs),
    'consumer-d-000001': until(6_000)(nowMs),
  })
  assert.equal(findSuspect(situation({}, others)), 'consumer-d-000001')
})

test('who left cleanly is no suspect', () => {
  const before = situation()
  const { [peer]: _, ...left } = Object.fromEntries([...before.sightings].map(([id, { beat }]) => [id, beat]))
  const sightings = noteBeats(before.sightings, { ...left, [self]: 'next', [witness]: 'next' }, before.nowMs)
  assert.equal(findSuspect({ ...before, sightings }), undefined)
})

test('what an earlier crash left behind is no suspect, and no witness', () => {
  assert.equal(findSuspect(situation({}, () => ({ [peer]: '7' }))), undefined)
  const leftovers = (nowMs: number) =>
    nowMs < 10_000 ? { [witness]: '7' } : { [witness]: '7', 'console-x-000001': '7' }
  assert.equal(findSuspect(situation({}, leftovers)), undefined)
})

test('an evicted consumer has to live again before it is evicted again', () => {
  const before = situation()
  const silent = (nowMs: number) => ({ [self]: alive(nowMs), [witness]: alive(nowMs), [peer]: '8000' })
  const evicted = forget(before.sightings, peer)
  const later = { ...before, evictedAtMs: 10_000, nowMs: 20_000 }
  assert.equal(
    findSuspect({ ...later, sightings: watch({ untilMs: 20_000, beats: silent, since: evicted }) }),
    undefined,
  )
  const again = (nowMs: number) => ({ ...silent(nowMs), [peer]: `thawed ${until(15_000)(nowMs)}` })
  assert.equal(findSuspect({ ...later, sightings: watch({ untilMs: 20_000, beats: again, since: evicted }) }), peer)
})

test('a restarted instance has a heart of its own: the dead one is the suspect', () => {
  const restarted = (nowMs: number) => (nowMs < 8_500 ? {} : { 'consumer-b-000002': alive(nowMs) })
  assert.equal(findSuspect(situation({}, restarted)), peer)
})

test('after a standstill of its own a process suspects nobody', () => {
  const beats = (nowMs: number) => ({ [self]: alive(nowMs), [witness]: alive(nowMs), [peer]: alive(nowMs) })
  const before = watch({ untilMs: 5_000, beats })
  const silentSoFar = { steadyForMs: 5_000, connectedForMs: 60_000, evictedAtMs: 0, self }
  const answeredLate = noteBeats(before, { ...beats(5_000), [self]: 'next', [witness]: 'next' }, 5_250)
  assert.equal(findSuspect({ ...silentSoFar, sightings: answeredLate, nowMs: 5_250 }), undefined)
  const afterwards = noteBeats(answeredLate, beats(25_000), 25_000)
  assert.equal(findSuspect({ ...silentSoFar, sightings: afterwards, nowMs: 25_000 }), undefined)
})

test('beats that have not changed for a minute are forgotten', () => {
  const { sightings } = situation()
  assert.deepEqual(findForgotten(sightings, 68_000), [])
  assert.deepEqual(findForgotten(sightings, 68_001), [peer])
})
