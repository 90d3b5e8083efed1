import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mailerAnswer, neighbours } from '../../../../services/cli/demo/neighbours.ts'
import { demoPayloads } from '../../../../services/cli/demo/payloads.ts'

test('of all payloads the mailer refuses one, among the first that are published, and wants some others', () => {
  const payloads = demoPayloads()
  const wanted = payloads.filter(({ type }) => neighbours.mailer.types.some((one) => one === type))
  const refused = wanted.filter(({ type, body }) => mailerAnswer(type, body).status === 422)
  assert.equal(refused.length, 1)
  assert.ok(wanted.length > 20 && wanted.length < payloads.length / 2)
  const [first] = refused
  assert.ok(first !== undefined && payloads.indexOf(first) < 25)
})
