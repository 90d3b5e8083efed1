import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deliveryScenarios } from '../../bench/delivery/scenarios.ts'
import { endToEndScenarios } from '../../bench/e2e/scenarios.ts'
import { scenarios } from '../../bench/ingest/scenarios.ts'
import { readOptions } from '../../bench/options.ts'

const optionsOf = (...args: string[]) => {
  const options = readOptions(['ingest', ...args])
  assert.ok(options.kind === 'ingest')
  return options
}

describe('the command line of the benchmark', () => {
  it('runs every scenario unless some are named', () => {
    assert.deepEqual(optionsOf().scenarios, scenarios)
    const some = optionsOf('--only', 'batch,kafka', '--seconds', '2', '--rounds', '1')
    assert.deepEqual(
      some.scenarios.map(({ name }) => name),
      ['batch', 'kafka'],
    )
    assert.deepEqual([some.seconds, some.rounds], [2, 1])
  })

  it('takes settings of the stack, also such with an equals sign or empty', () => {
    const { env } = optionsOf('--env', 'TAILRACE_LOG_LEVEL=warn', '--env', 'REDIS_URL=', '--env', 'A=b=c')
    assert.deepEqual(env, { TAILRACE_LOG_LEVEL: 'warn', REDIS_URL: '', A: 'b=c' })
  })

  it('names what is wrong', () => {
    assert.throws(() => readOptions([]), /bench -- ingest/)
    assert.throws(() => optionsOf('--only', 'moon'), /--only moon is unknown[\s\S]*single-64/)
    assert.throws(() => optionsOf('--profile', 'moon'), /--profile moon is unknown/)
    assert.throws(() => optionsOf('--profile', 'kafka'), /--profile kafka loads no producer/)
    assert.throws(() => optionsOf('--env', 'name'), /--env name is not of the form NAME=VALUE/)
    assert.throws(() => optionsOf('--rounds', '0'), /--rounds 0 is not a whole number above 0/)
  })
})

it('measures deliveries and the whole way with scenarios of their own', () => {
  const delivery = readOptions(['delivery', '--only', 'fast,idle-200'])
  assert.ok(delivery.kind === 'delivery')
  assert.deepEqual(
    delivery.scenarios.map(({ name }) => name),
    ['fast', 'idle-200'],
  )
  const whole = readOptions(['e2e'])
  assert.ok(whole.kind === 'e2e')
  assert.deepEqual(whole.scenarios, endToEndScenarios)
  assert.throws(() => readOptions(['e2e', '--only', 'fast']), /--only fast is unknown[\s\S]*e2e-200/)
  assert.throws(() => readOptions(['delivery', '--profile', 'fast']), /--profile is for ingest/)
})

it('measures index and page as a whole', () => {
  assert.deepEqual(readOptions(['index', '--deliveries', '5000']), { kind: 'index', deliveries: 5_000, questions: 500 })
  assert.deepEqual(readOptions(['page', '--seconds', '20']), { kind: 'page', seconds: 20 })
  assert.throws(() => readOptions(['index', '--questions', '0']), /--questions 0 is not a whole number above 0/)
})

it('every scenario has a name of its own', () => {
  const names = [...scenarios, ...deliveryScenarios, ...endToEndScenarios].map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
})
