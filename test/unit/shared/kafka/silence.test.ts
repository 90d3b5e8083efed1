import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SilenceWatch, type Vitals } from '#shared/kafka/silence.ts'

/** Looks every 200 ms from 0 to `until` and returns the first reason with its time. */
function watch(until: number, vitalsAt: (now: number) => Vitals) {
  const silence = new SilenceWatch(0)
  for (let now = 0; now <= until; now += 200) {
    const reason = silence.look(vitalsAt(now), now)
    if (reason !== undefined) return { reason, now }
  }
  return undefined
}

test('a member that gives signs is left alone', () => {
  assert.equal(
    watch(60_000, (now) => ({ state: 'joined', heartbeatAt: now - 500, loopedAt: now - 250 })),
    undefined,
  )
  assert.equal(
    watch(60_000, () => ({ state: 'away' })),
    undefined,
  )
})

test('3 s without a heartbeat or without a fetch is a broken membership', () => {
  const noHeartbeat = watch(10_000, (now) => ({ state: 'joined', heartbeatAt: 0, loopedAt: now }))
  assert.deepEqual(noHeartbeat, { reason: 'no heartbeat', now: 3_200 })
  const noFetch = watch(10_000, (now) => ({ state: 'joined', heartbeatAt: now, loopedAt: 0 }))
  assert.deepEqual(noFetch, { reason: 'no fetch', now: 3_200 })
})

test('who rests may be silent for longer', () => {
  const silence = new SilenceWatch(0)
  const vitals = { state: 'joined', heartbeatAt: 0, loopedAt: 0 } as const
  for (let now = 200; now <= 4_000; now += 200) assert.equal(silence.look(vitals, now, 1_000), undefined)
  assert.equal(silence.look(vitals, 4_200, 1_000), 'no heartbeat')
})

test('joining may take as long as the rebalance timeout and 1.5 s', () => {
  const stuck = watch(10_000, () => ({ state: 'joining', since: 0 }))
  assert.deepEqual(stuck, { reason: 'joining takes too long', now: 6_600 })
})

test('after a stall of the own event loop the client gets a fresh chance', () => {
  const silence = new SilenceWatch(0)
  const vitals: Vitals = { state: 'joined', heartbeatAt: 0, loopedAt: 0 }
  assert.equal(silence.look(vitals, 8_000), undefined)
  assert.equal(silence.look(vitals, 9_000), undefined)
  assert.equal(silence.look(vitals, 10_000), undefined)
  assert.equal(silence.look(vitals, 11_000), undefined)
  assert.equal(silence.look(vitals, 11_001), 'no heartbeat')
})
