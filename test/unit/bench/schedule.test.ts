import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { evenSchedule } from '../../bench/load/schedule.ts'

describe('the schedule of an open loop', () => {
  it('is due at even times from its start on, each once', () => {
    const schedule = evenSchedule({ startMs: 1_000, perSecond: 200 })
    assert.deepEqual(schedule.takeDue(999), [])
    assert.deepEqual(schedule.takeDue(1_009), [1_000, 1_005])
    assert.deepEqual(schedule.takeDue(1_009), [])
    assert.deepEqual(schedule.takeDue(1_010), [1_010])
  })

  it('gives who comes late every time that was missed, so that no wait is left out', () => {
    const schedule = evenSchedule({ startMs: 0, perSecond: 1_000 })
    schedule.takeDue(0)
    const missed = schedule.takeDue(500)
    assert.deepEqual([missed.length, missed[0], missed.at(-1)], [500, 1, 500])
  })

  it('does not drift where the distance is no whole number of milliseconds', () => {
    const schedule = evenSchedule({ startMs: 0, perSecond: 3 })
    let taken = 0
    for (let nowMs = 0; nowMs <= 100_000; nowMs += 7) taken += schedule.takeDue(nowMs).length
    assert.equal(taken, 300)
  })

  it('says how long nothing is due', () => {
    const schedule = evenSchedule({ startMs: 100, perSecond: 100 })
    assert.equal(schedule.waitMs(90), 10)
    schedule.takeDue(100)
    assert.equal(schedule.waitMs(104), 6)
    assert.equal(schedule.waitMs(150), 0)
  })
})
