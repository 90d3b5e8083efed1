import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommitClock } from '../../../services/consumer/commit-clock.ts'
import type { CommitResult } from '../../../services/consumer/commits.ts'

/** A clock of a runner beside others; what it asked for, in order. */
function clockUnderTest({ runners = 1, pairs = 1, results = [] as CommitResult[] } = {}) {
  const asked: string[] = []
  const state = { isUnderWay: false, pairs }
  const clock = new CommitClock({
    commits: {
      get isUnderWay() {
        return state.isUnderWay
      },
      holdBack(_logged, send) {
        asked.push('hold back')
        send()
      },
      async send() {
        asked.push('last commit')
        return results.shift() ?? 'committed'
      },
    },
    epoch: () => 1,
    hasPairs: () => state.pairs > 0,
    noteAll: (forced) => void asked.push(forced ? 'all note, forced' : 'all note'),
    sendNoted: () => void asked.push('send'),
    flushLog: () => {
      asked.push('write the log')
      return null
    },
    runnerCount: () => runners,
  })
  return { clock, state, taken: () => asked.splice(0) }
}

const commit = ['write the log', 'hold back', 'send']

test('it commits what changed every 200 ms, and every 5 s regardless', () => {
  const { clock, taken } = clockUnderTest()
  const at = (ms: number) => {
    clock.tick(ms)
    return taken()
  }
  assert.deepEqual(at(10_000), ['all note, forced', ...commit])
  assert.deepEqual(at(10_199), [])
  assert.deepEqual(at(10_200), ['all note', ...commit])
  assert.deepEqual(at(14_999), ['all note', ...commit])
  assert.deepEqual(at(15_199), ['all note, forced', ...commit])
})

test('each runner of the process costs the coordinators 20 ms', () => {
  const { clock, taken } = clockUnderTest({ runners: 100 })
  for (const [ms, count] of [
    [10_000, 4],
    [11_999, 0],
    [12_000, 4],
  ] as const) {
    clock.tick(ms)
    assert.equal(taken().length, count, `at ${ms}`)
  }
})

test('while a commit is under way no other one goes out; it is due then', () => {
  const { clock, state, taken } = clockUnderTest()
  state.isUnderWay = true
  clock.tick(10_000)
  assert.deepEqual(taken(), [])
  state.isUnderWay = false
  clock.tick(10_001)
  assert.equal(taken().length, 4)
})

test('the last commit is tried until it is taken, behind what the log has to say', async () => {
  const { clock, taken } = clockUnderTest({ results: ['stale', 'failed'] })
  await clock.last()
  const tried = ['all note, forced', 'last commit']
  assert.deepEqual(taken(), ['write the log', ...tried, ...tried, ...tried])
  const none = clockUnderTest({ pairs: 0 })
  await none.clock.last()
  assert.deepEqual(none.taken(), ['write the log'])
})
