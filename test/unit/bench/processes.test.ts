import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { busySecondsIn, cpuSecondsIn, residentBytesIn, usageOf } from '../../bench/processes.ts'

describe('what Linux says about processes', () => {
  it('is their user and system time, also of one with brackets and blanks in its name', () => {
    const stat = '4121 (a (strange) name) S 1 4121 4121 0 -1 4194560 9 0 0 0 1250 50 7 8 20 0 11 0 4500 0 0'
    assert.equal(cpuSecondsIn(stat), 13)
  })

  it('is their resident memory, not their peak', () => {
    assert.equal(residentBytesIn('Name:\tnode\nVmHWM:\t    9999 kB\nVmRSS:\t     200 kB\nThreads:\t7\n'), 204_800)
  })

  it('is the time in which the machine was not idle, guests counted once', () => {
    assert.equal(busySecondsIn('cpu  100 20 30 9999 8888 4 5 41 77 66\ncpu0 1 1 1 1 1 1 1 1 0 0\n'), 2)
  })

  it('is no number for a process that is gone', () => {
    const noPid = 2 ** 22 + 1
    assert.ok(Object.values(usageOf(noPid)).every(Number.isNaN))
    assert.ok([cpuSecondsIn(''), residentBytesIn(''), busySecondsIn('')].every(Number.isNaN))
  })
})
