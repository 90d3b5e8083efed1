import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { faultGroups, faults, namesOf } from '../../chaos/faults.ts'
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

  it('takes defects of all invariants, or of some', () => {
    assert.deepEqual(readOptions(['--defects']), { kind: 'defects', invariants: [] })
    const some = readOptions(['--defects', '--invariants', 'I4,I13'])
    assert.deepEqual(some, { kind: 'defects', invariants: ['I4', 'I13'] })
  })

  it('knows every fault by one name', () => {
    const names = Object.values(faultGroups).flatMap((group) => Object.keys(group))
    assert.deepEqual(names.toSorted(), Object.keys(faults).toSorted())
  })

  it('breaks one stack in the ten ways that matter most when it shall be quick, and looks for the seeded defects', () => {
    const [plan, defects, ...others] = runsOf('--quick').plans
    assert.ok(plan !== undefined && 'names' in plan && others.length === 0)
    assert.deepEqual([plan.names.length, new Set(plan.names).size, plan.isBrief], [10, 10, true])
    assert.deepEqual(defects, { title: 'seeded defects' })
  })

  it('takes faults by their row of the matrix, whatever its case', () => {
    const namesOf = (text: string) => runsOf('--fault', text).plans.map((plan) => 'names' in plan && plan.names.join())
    assert.deepEqual(namesOf('K1'), ['kill-broker'])
    assert.deepEqual(namesOf('s7,kill-redis'), ['kill-consumer,kill-redis'])
    assert.deepEqual(namesOf('S9'), ['add-consumer,remove-consumer'])
    const [outage] = runsOf('--fault', 'd4').plans
    assert.ok(outage !== undefined && 'scenario' in outage)
    assert.equal(outage.scenario, 'receiver-outage')
  })

  it('takes a run without a fault as a control', () => {
    const load = { ratePerSecond: 100, seconds: 5, keys: 500 }
    const subscriptions = ['clean', 'picky', 'shaky', 'hopeless']
    const { plans } = runsOf('--control', '--rate', '100', '--seconds', '5')
    assert.deepEqual(plans, [{ title: 'control', names: [], load, subscriptions }])
    assert.throws(() => readOptions(['--control', '--fault', 'K1']), /--control is a run without a fault/)
    assert.throws(() => readOptions(['--control', '--mix']), /--control is a run without a fault/)
  })

  it('writes its report where it is told to, under the command as it was typed', () => {
    const { reporting } = runsOf('--fault', 'K1', '--report', 'here')
    assert.deepEqual(reporting, { args: ['--fault', 'K1', '--report', 'here'], folder: 'here' })
    assert.equal(runsOf('--quick').reporting.folder, undefined)
  })

  it('gives each of several faults a run of its own', () => {
    const { plans } = runsOf('--fault', 'kill-broker,kill-redis', '--each')
    assert.deepEqual(
      plans.map((plan) => 'names' in plan && plan.names),
      [['kill-broker'], ['kill-redis']],
    )
  })

  it('runs each fault of a group on its own', () => {
    const { plans } = runsOf('--group', 'network', '--rate', '7')
    assert.deepEqual(
      plans.map((plan) => 'names' in plan && plan.names),
      namesOf('network').map((name) => [name]),
    )
    assert.ok(plans.every((plan) => 'load' in plan && plan.load.ratePerSecond === 7))
    assert.throws(
      () => readOptions(['--group', 'moon']),
      /--group moon is unknown; there are signals, brokers, network/,
    )
    assert.throws(() => readOptions(['--group', 'network', '--fault', 'kill-redis']), /leave out --fault/)
  })

  it('breaks containers in every way that they have, one after the other on one stack, where no fault is named', () => {
    const { plans, target } = runsOf('--target', 'compose')
    const [plan, ...others] = plans
    assert.ok(plan !== undefined && 'names' in plan && others.length === 0)
    assert.deepEqual([target, plan.names, plan.load.ratePerSecond], ['compose', namesOf('containers'), 200])
    assert.equal(runsOf('--fault', 'kill-redis').target, 'processes')
  })

  it('takes faults of containers for containers alone, and others for processes alone', () => {
    const [plan] = runsOf('--target', 'compose', '--fault', 'docker-kill-redis').plans
    assert.ok(plan !== undefined && 'names' in plan)
    assert.deepEqual(plan.names, ['docker-kill-redis'])
    assert.equal(runsOf('--target', 'compose', '--group', 'containers').plans.length, namesOf('containers').length)
    assert.equal(runsOf('--target', 'compose', '--control').plans.length, 1)
    const refused = (args: string, why: RegExp) => assert.throws(() => readOptions(args.split(' ')), why)
    refused('--fault docker-kill-redis', /--fault docker-kill-redis is done to containers: say --target compose/)
    refused('--group containers', /done to containers: say --target compose/)
    refused(
      '--target compose --fault K1',
      /--fault kill-broker is done to processes; --target compose has docker-kill-/,
    )
    refused('--target compose --fault poison-key', /--fault poison-key is done to processes/)
    for (const other of ['--mix', '--quick', '--defects', '--stack here']) {
      refused(`--target compose ${other}`, /leave out --quick, --mix, --defects and --stack/)
    }
    refused('--target moon', /--target moon is unknown; there are processes, compose/)
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

  it('takes every command that the README names', () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
    const commands = [...readme.matchAll(/npm run chaos -- ([^`#\n]+)/g)].map(([, args = '']) => args.trim())
    assert.ok(commands.length > 10)
    for (const args of commands) assert.doesNotThrow(() => readOptions(args.split(' ')), args)
  })

  it('names what is wrong, and every fault there is', () => {
    assert.throws(() => readOptions([]), /--fault is missing[\s\S]*kill-redis +SIGKILL Redis/)
    assert.throws(() => readOptions(['--fault', 'kill-moon']), /--fault kill-moon is unknown[\s\S]*kill-broker/)
    assert.throws(() => readOptions(['--quick', '--repeats', '0']), /--repeats 0 is not a whole number above 0/)
    assert.throws(() => readOptions(['--spell']), /--spell/)
  })
})
