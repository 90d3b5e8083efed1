import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Child } from '../../../../services/cli/up/child.ts'
import { supervise } from '../../../../services/cli/up/supervise.ts'

/** Children that end when the test says so. */
function openNursery(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const born: { child: Child; die: (ending: string) => Promise<void> }[] = []
  const deaths: { ending: string; waitMs: number }[] = []
  const supervised = supervise({
    start() {
      const { promise, resolve } = Promise.withResolvers<string>()
      const child: Child = { pid: born.length + 1, ended: promise, signal: () => {} }
      const die = async (ending: string) => {
        resolve(ending)
        await new Promise(setImmediate)
      }
      born.push({ child, die })
      return child
    },
    onDeath: (ending, waitMs) => deaths.push({ ending, waitMs }),
  })
  const last = () => born.at(-1) ?? assert.fail('nothing was started')
  return { born, deaths, supervised, last }
}

describe('a supervised process', () => {
  it('starts again one second after it ended, and later each time it dies young', async (t) => {
    const { born, deaths, last } = openNursery(t)
    for (const waitMs of [1000, 2000, 4000]) {
      await last().die('SIGKILL')
      assert.deepEqual(deaths.at(-1), { ending: 'SIGKILL', waitMs })
      const before = born.length
      t.mock.timers.tick(waitMs - 1)
      assert.equal(born.length, before)
      t.mock.timers.tick(1)
      assert.equal(born.length, before + 1)
    }
  })

  it('never waits longer than 30 s', async (t) => {
    const { deaths, last } = openNursery(t)
    for (let round = 0; round < 8; round += 1) {
      await last().die('code 1')
      t.mock.timers.tick(30_000)
    }
    assert.equal(deaths.at(-1)?.waitMs, 30_000)
  })

  it('has no process between two of them', async (t) => {
    const { supervised, last } = openNursery(t)
    assert.equal(supervised.current()?.pid, 1)
    await last().die('code 1')
    assert.equal(supervised.current(), undefined)
    t.mock.timers.tick(1000)
    assert.equal(supervised.current()?.pid, 2)
  })

  it('stays ended once it was stopped', async (t) => {
    const { born, deaths, supervised, last } = openNursery(t)
    await supervised.stop(() => last().die('code 0'))
    t.mock.timers.tick(60_000)
    assert.equal(born.length, 1)
    assert.deepEqual(deaths, [])
  })

  it('does not come back when it is stopped while it waits', async (t) => {
    const { born, supervised, last } = openNursery(t)
    await last().die('code 1')
    await supervised.stop(() => assert.fail('there is no process to end'))
    t.mock.timers.tick(60_000)
    assert.equal(born.length, 1)
  })
})
