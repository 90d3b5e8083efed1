import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requirePreconditions } from '../../../services/console/preconditions.ts'

const passes = (ifMatch: string | null, ifNoneMatch: string | null, revision: number | null) => {
  try {
    requirePreconditions({ ifMatch, ifNoneMatch }, revision)
    return true
  } catch {
    return false
  }
}

test('If-Match passes for the current revision, a star, or one of several', () => {
  for (const header of ['"7"', '*', '"6", "7"']) assert.equal(passes(header, null, 7), true, header)
  for (const header of ['"6"', '7', 'W/"7"', '']) assert.equal(passes(header, null, 7), false, header)
  for (const header of ['"7"', '*']) assert.equal(passes(header, null, null), false, header)
})

test('If-None-Match: * passes only for what does not exist', () => {
  assert.equal(passes(null, '*', null), true)
  assert.equal(passes(null, '*', 7), false)
  assert.equal(passes(null, '"7"', 7), false)
  assert.equal(passes(null, '"6"', 7), true)
})

test('without conditions everything passes', () => {
  assert.equal(passes(null, null, null), true)
  assert.equal(passes(null, null, 7), true)
})
