import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { changed, wellBehaved } from '../../../../services/cli/demo/switches.ts'

describe('the switches of the demo receiver', () => {
  it('change one by one', () => {
    const failing = changed(wellBehaved, { fail: true })
    assert.deepEqual(failing, { ...wellBehaved, fail: true })
    assert.deepEqual(changed(failing ?? wellBehaved, { slow: true }), { ...wellBehaved, fail: true, slow: true })
  })

  it('stay as they are when a change is none', () => {
    for (const change of [undefined, null, [], 'fail', { fail: 1 }, { explode: true }, { failOneIn: -1 }]) {
      assert.equal(changed(wellBehaved, change), undefined, JSON.stringify(change))
    }
  })
})
