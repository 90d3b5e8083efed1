import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer, AttemptResult } from '#shared/delivery/attempt.ts'
import { conceal } from '#shared/delivery/conceal.ts'

const timingsMs = { dns: 0, connect: 0, tls: 0, firstByte: 1, total: 1 }
const answer = (body: Buffer, headers: Answer['headers'] = {}): AttemptResult => ({
  ...{ kind: 'answer', status: 500, headers, body, truncated: false, timingsMs },
})
const textOf = (result: AttemptResult) => (result.kind === 'answer' ? result.body.toString('latin1') : '')

test('credentials that a receiver sends back are concealed in head and body, wherever they stand', () => {
  const headers = { 'x-echo': 'Bearer token-12345', 'set-cookie': ['a=token-12345', 'b=1'], 'x-other': 'kept' }
  const result = conceal(answer(Buffer.from('"token-12345" token-12345'), headers), ['token-12345'])
  assert.equal(textOf(result), '"[concealed]" [concealed]')
  assert.deepEqual(result.kind === 'answer' && result.headers, {
    ...{ 'x-echo': 'Bearer [concealed]', 'set-cookie': ['a=[concealed]', 'b=1'], 'x-other': 'kept' },
  })
})

test('bytes that are no text stay what they are around a concealed secret', () => {
  const body = Buffer.concat([Buffer.from([0xff, 0xfe, 0x00]), Buffer.from('größe-12345'), Buffer.from([0x80])])
  assert.equal(textOf(conceal(answer(body), ['größe-12345'])), '\xff\xfe\x00[concealed]\x80')
})

test('so are they as JSON writes them', () => {
  const password = 'a"quoted\\\\one'
  const body = Buffer.from(JSON.stringify({ echo: password }))
  assert.equal(textOf(conceal(answer(body), [password])), '{"echo":"[concealed]"}')
})

test('without secrets, with short ones, and for failures nothing is changed', () => {
  const result = answer(Buffer.from('a short word'))
  assert.equal(conceal(result, []), result)
  assert.equal(textOf(conceal(result, ['or'])), 'a short word')
  const failure: AttemptResult = { kind: 'failure', stage: 'io', code: 'io-reset', detail: 'io', timingsMs }
  assert.equal(conceal(failure, ['token-12345']), failure)
})
