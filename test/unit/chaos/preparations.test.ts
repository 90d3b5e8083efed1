import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { given, type Scene } from '../../chaos/faults/fault.ts'
import type { FaultName } from '../../chaos/faults.ts'
import type { Plan } from '../../chaos/options.ts'
import { groupPlans } from '../../chaos/plan-groups.ts'
import { together } from '../../chaos/prepared-stack.ts'

const load = { ratePerSecond: 1, seconds: 1, keys: 1 }
const planOf = (...names: FaultName[]): Plan => ({ names, load, subscriptions: [] })

const temporary = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-together-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

describe('the plans of a run', () => {
  it('share a stack where their faults need the same of it', () => {
    const plans = [
      planOf('kill-redis'),
      planOf('lose-produce-replies'),
      planOf('kill-broker', 'kill-consumer'),
      planOf('kill-consumer', 'slice-writes'),
      { seed: 7, load, subscriptions: [] },
    ]
    const groups = groupPlans(plans).map(({ needs, plans: some }) => [needs, some.map((one) => plans.indexOf(one))])
    assert.deepEqual(groups, [
      [[], [0, 2, 4]],
      [['proxies'], [1, 3]],
    ])
  })
})

describe('the preparations of a stack', () => {
  it('put what they want of its start together', (t) => {
    const dir = temporary(t)
    const starts = [
      { env: { A: '1' }, flags: ['--x'], brokers: { 1: { 'a.b': '1', 'c.d': '2' } } },
      { env: { B: '2' }, brokers: { 1: { 'c.d': '3' }, 3: { 'e.f': '4' } } },
    ]
    const { env, flags } = together(starts, dir)
    const folder = join(dir, 'settings')
    assert.deepEqual([env, flags], [{ A: '1', B: '2' }, ['--x', '--broker-settings', folder]])
    const files = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')])
    assert.deepEqual(files, [
      ['1.properties', 'a.b=1\nc.d=3\n'],
      ['3.properties', 'e.f=4\n'],
    ])
  })

  it('change nothing of a start where there are none', (t) => {
    assert.deepEqual(together([], temporary(t)), { env: {}, flags: [] })
  })

  it('are missed by name', () => {
    assert.throws(() => given({} as Scene, 'proxies'), /the stack was not started with proxies/)
  })
})
