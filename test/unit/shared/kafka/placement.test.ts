import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeylessPlacement, type PlacementView } from '#shared/kafka/placement.ts'

const setUp = () => {
  const state = { time: 0, unhealthy: new Set<number>(), full: new Set<number>() }
  const placement = new KeylessPlacement(() => state.time)
  const lanes: PlacementView = {
    isHealthy: (partition) => !state.unhealthy.has(partition),
    isFull: (partition) => state.full.has(partition),
  }
  return { state, place: () => placement.place('events', 6, lanes) }
}

test('stays on one partition for 50 ms and then goes to the next', () => {
  const { state, place } = setUp()
  const first = place()
  state.time = 49
  assert.equal(place(), first)
  state.time = 50
  assert.equal(place(), (first + 1) % 6)
})

test('goes on when what waits fills a batch', () => {
  const { state, place } = setUp()
  const first = place()
  state.full.add(first)
  assert.notEqual(place(), first)
})

test('leaves a failing lane at once and passes over it while others are healthy', () => {
  const { state, place } = setUp()
  const failing = place()
  state.unhealthy.add(failing)
  for (let slice = 0; slice < 20; slice += 1) {
    assert.notEqual(place(), failing)
    state.time += 60
  }
})

test('visits every healthy partition', () => {
  const { state, place } = setUp()
  const seen = new Set<number>()
  for (let slice = 0; slice < 6; slice += 1) {
    seen.add(place())
    state.time += 50
  }
  assert.equal(seen.size, 6)
})

test('still names a partition when every lane is failing', () => {
  const { state, place } = setUp()
  for (let partition = 0; partition < 6; partition += 1) state.unhealthy.add(partition)
  assert.ok(place() >= 0 && place() < 6)
})
