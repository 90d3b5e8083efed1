import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
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

it('every scenario has a name of its own', () => {
  assert.equal(new Set(scenarios.map(({ name }) => name)).size, scenarios.length)
})
