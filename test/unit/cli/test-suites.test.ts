import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allSuites, needsBrokers, summary } from '../../../services/cli/test-suites.ts'

describe('npm test', () => {
  it('ends with the sum over all suites', () => {
    const text = summary([
      { name: 'unit', passed: 10, failed: 0, minutes: 0.25 },
      { name: 'e2e', passed: 3, failed: 2, minutes: 4 },
    ])
    assert.match(text, /unit +0\.3 min {2}10 passed, 0 failed/)
    assert.equal(text.split('\n').at(-1), '13 passed, 2 failed')
  })

  it('runs every test file once', () => {
    const files = allSuites().flatMap((suite) => suite.files)
    assert.equal(new Set(files).size, files.length)
    assert.ok(files.includes(import.meta.filename))
  })

  it('starts brokers of its own for the integration tests only', () => {
    const names = allSuites()
      .filter(needsBrokers)
      .map(({ name }) => name)
    assert.deepEqual(names, ['integration'])
  })
})
