import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TailraceError } from '#shared/errors.ts'
import { watchTopicSafety } from '../../../services/producer/topic-safety.ts'

const telemetry = {
  stored() {},
  storedMany() {},
  refused() {},
  idempotency() {},
  unsafeTopic() {},
  unsafetyUnknown() {},
  schemaUnusable() {},
  close() {},
}
const unsafe = (error: TailraceError) => error.code === 'kafka-unavailable' && /factor is 1/.test(error.detail)

test('an unknown topic is looked at before the first event, a known one costs nothing', async () => {
  let looks = 0
  const unsafeReasons = async () => {
    looks += 1
    return []
  }
  const safety = watchTopicSafety({ unsafeReasons, telemetry })
  await safety.require('t')
  assert.equal(safety.require('t'), undefined)
  assert.equal(looks, 1)
})

test('an unsafe topic is refused with the reason until it is safe', async () => {
  let reasons = ['its replication factor is 1, not 3']
  const safety = watchTopicSafety({ unsafeReasons: async () => reasons, telemetry })
  await assert.rejects(async () => safety.require('t'), unsafe)
  assert.throws(() => safety.require('t'), unsafe)
  reasons = []
  await safety.refresh(['t'])
  assert.equal(safety.require('t'), undefined)
})

test('an unsafe topic is looked at again after 1 s, once for all who ask', async () => {
  let [nowMs, looks] = [0, 0]
  let reasons = ['its replication factor is 1, not 3']
  const unsafeReasons = async () => {
    looks += 1
    return reasons
  }
  const safety = watchTopicSafety({ unsafeReasons, telemetry, now: () => nowMs })
  await assert.rejects(async () => safety.require('t'), unsafe)
  reasons = []
  nowMs = 999
  assert.throws(() => safety.require('t'), unsafe)
  nowMs = 1_000
  await Promise.all([safety.require('t'), safety.require('t')])
  assert.equal(looks, 2)
  assert.equal(safety.require('t'), undefined)
})

test('a topic that cannot be looked at keeps its verdict, and without one nothing is written to it', async () => {
  let isDown = false
  const down = new TailraceError('kafka-unavailable', 'no broker answers')
  const unsafeReasons = async () => (isDown ? Promise.reject(down) : [])
  const safety = watchTopicSafety({ unsafeReasons, telemetry })
  await safety.require('known')
  isDown = true
  await safety.refresh(['known', 'new'])
  assert.equal(safety.require('known'), undefined)
  await assert.rejects(async () => safety.require('new'), down)
})
