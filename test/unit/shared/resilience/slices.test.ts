import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inSlices } from '#shared/resilience/slices.ts'

test('work goes on for 4 ms, then everything else gets a turn', async () => {
  let [time, turns] = [0, 0]
  const turn = async () => {
    turns += 1
    time += 100
  }
  const slices = inSlices({ now: () => time, turn })
  time = 3.9
  assert.equal(slices.pause(), undefined)
  time = 4
  await slices.pause()
  assert.equal(turns, 1)
  assert.equal(slices.pause(), undefined, 'the time of the others counted')
  time += 4
  assert.ok(slices.pause() !== undefined)
})

test('a turn lets a timer that is due run', async () => {
  let isRun = false
  setTimeout(() => {
    isRun = true
  }, 0)
  const slices = inSlices({ now: () => performance.now() })
  while (!isRun) await slices.pause()
})
