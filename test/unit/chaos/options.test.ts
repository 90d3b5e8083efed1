import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readOptions } from '../../chaos/options.ts'

const runsOf = (...args: string[]) => {
  const options = readOptions(args)
  assert.ok(options.kind === 'run')
  return options
}

describe('the command line of the fault runner', () => {
  it('takes several faults for one run, repeats and a load', () => {
    const { plans, repeats } = runsOf(
      ...'--fault kill-broker,kill-redis --repeats 3 --rate 10 --seconds 5 --keys 2'.split(' '),
    )
    const load = { ratePerSecond: 10, seconds: 5, keys: 2 }
    const subscriptions = ['clean', 'picky', 'shaky', 'hopeless']
    assert.deepEqual(plans, [{ names: ['kill-broker', 'kill-redis'], load, subscriptions }])
    assert.equal(repeats, 3)
  })

  it('takes some subscriptions instead of all', () => {
    const [plan] = runsOf('--fault', 'kill-broker', '--subscriptions', 'clean,shaky').plans
    assert.ok(plan !== undefined && 'names' in plan)
    assert.deepEqual(plan.subscriptions, ['clean', 'shaky'])
    assert.throws(() => readOptions(['--fault', 'kill-broker', '--subscriptions', 'dirty']), /there are clean, picky/)
  })

  it('runs five faults on their own when it shall be quick', () => {
    const names = runsOf('--quick').plans.map((plan) => 'names' in plan && plan.names.join())
    assert.deepEqual(names, ['kill-broker', 'kill-consumer', 'freeze-consumer', 'kill-everything', 'kill-redis'])
  })

  it('takes a scenario with its backlog, which stands alone', () => {
    const [plan] = runsOf('--fault', 'backlog-takeover', '--backlog', '500').plans
    assert.ok(plan !== undefined && 'scenario' in plan)
    assert.equal(plan.backlog, 500)
    assert.throws(() => readOptions(['--fault', 'kill-redis,poison-key']), /--fault poison-key is a run of its own/)
  })

  it('takes a mixed run with its minutes and its seed', () => {
    const { plans } = runsOf('--mix', '--minutes', '3', '--seed', '7')
    const load = { ratePerSecond: 200, seconds: 180, keys: 500 }
    assert.deepEqual(plans, [{ seed: 7, load, subscriptions: ['clean', 'picky', 'flaky', 'hopeless'] }])
  })

  it('draws a seed for a mixed run that names none, which lasts twenty minutes then', () => {
    const [plan] = runsOf('--mix', '--rate', '50').plans
    assert.ok(plan !== undefined && 'seed' in plan && Number.isSafeInteger(plan.seed))
    assert.deepEqual([plan.load.seconds, plan.load.ratePerSecond], [1_200, 50])
  })

  it('refuses a mixed run of named faults, of no time and of no seed', () => {
    assert.throws(() => readOptions(['--mix', '--fault', 'kill-redis']), /--mix draws its faults itself/)
    assert.throws(() => readOptions(['--mix', '--minutes', '0']), /--minutes 0 is not a whole number above 0/)
    assert.throws(() => readOptions(['--mix', '--seed', 'x']), /--seed x is not a whole number from 0/)
  })

  it('names what is wrong, and every fault there is', () => {
    assert.throws(() => readOptions([]), /--fault is missing[\s\S]*kill-redis +SIGKILL Redis/)
    assert.throws(() => readOptions(['--fault', 'kill-moon']), /--fault kill-moon is unknown[\s\S]*kill-broker/)
    assert.throws(() => readOptions(['--quick', '--repeats', '0']), /--repeats 0 is not a whole number above 0/)
    assert.throws(() => readOptions(['--spell']), /--spell/)
  })
})
