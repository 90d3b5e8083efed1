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

  it('names what is wrong, and every fault there is', () => {
    assert.throws(() => readOptions([]), /--fault is missing[\s\S]*kill-redis +SIGKILL Redis/)
    assert.throws(() => readOptions(['--fault', 'kill-moon']), /--fault kill-moon is unknown[\s\S]*kill-broker/)
    assert.throws(() => readOptions(['--quick', '--repeats', '0']), /--repeats 0 is not a whole number above 0/)
    assert.throws(() => readOptions(['--spell']), /--spell/)
  })
})
