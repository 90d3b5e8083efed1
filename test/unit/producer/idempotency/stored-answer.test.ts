import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeAnswer, encodeAnswer } from '../../../../services/producer/idempotency/stored-answer.ts'

const answer = { id: 'a 1', source: '/shop', partition: 3, offset: 1042 }

test('under source and id only the place is kept, because a repeat brings the rest', () => {
  const text = encodeAnswer(answer, null)
  assert.equal(text, '3 1042')
  assert.deepEqual(decodeAnswer(text, answer, null), answer)
})

test('under an Idempotency-Key the first id and source are the answer, whatever the repeat brings', () => {
  const other = { id: 'b', source: '/elsewhere' }
  assert.deepEqual(decodeAnswer(encodeAnswer(answer, 'implied'), other, 'implied'), answer)
  const implied = { ...answer, id: 'implied' }
  const text = encodeAnswer(implied, 'implied')
  assert.equal(text, '3 1042 /shop')
  assert.deepEqual(decodeAnswer(text, other, 'implied'), implied)
})

test('a text of another version is no answer', () => {
  for (const text of ['', '3', '3 x', 'v2 3 1042', '3 1042 ']) assert.equal(decodeAnswer(text, answer, null), undefined)
  assert.equal(decodeAnswer('3 1042', answer, 'implied'), undefined)
})
