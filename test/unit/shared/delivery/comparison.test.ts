import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptResult } from '#shared/delivery/attempt.ts'
import { compare } from '#shared/delivery/comparison.ts'

const timingsMs = { dns: 0, connect: 0, tls: 0, firstByte: 1, total: 1 }
const answer = (status: number, body: string | Buffer = '', truncated = false): AttemptResult => ({
  ...{ kind: 'answer', status, headers: {}, body: Buffer.from(body), truncated, timingsMs },
})
const longest = Buffer.alloc(64 * 1024, 'x')
const refused: AttemptResult = {
  ...{ kind: 'failure', stage: 'connect', code: 'connect-refused', detail: 'connect ECONNREFUSED', timingsMs },
}

const rows: [string, AttemptResult | undefined, AttemptResult | undefined, string][] = [
  ['the same class and body', answer(200, 'ok'), answer(204, 'ok'), 'match'],
  ['another body', answer(200, 'ok'), answer(200, 'OK'), 'mismatch'],
  ['another class', answer(200, 'ok'), answer(422, 'ok'), 'mismatch'],
  ['no answer of the second', answer(200), refused, 'unanswered'],
  ['no answer of the first', refused, answer(200), 'unanswered'],
  ['no attempt at all', answer(200), undefined, 'unanswered'],
  ['a body that broke off', answer(200, 'ok'), answer(200, 'o', true), 'unanswered'],
  ['a body of the first that broke off', answer(200, 'o', true), answer(200, 'o'), 'unanswered'],
  ['another class with a body that broke off', answer(200, 'ok'), answer(500, 'o', true), 'mismatch'],
  ['the same 64 KiB of two bodies that are longer', answer(200, longest, true), answer(200, longest, true), 'match'],
  ['64 KiB and a shorter body', answer(200, longest, true), answer(200, 'ok'), 'mismatch'],
]

for (const [what, primary, other, wants] of rows) {
  test(`${what} is ${wants}`, () => assert.equal(compare(primary, other).kind, wants))
}

test('a mismatch is told by status and hash, never by what the body says', () => {
  assert.deepEqual(compare(answer(200, 'abc'), answer(500, '')), {
    kind: 'mismatch',
    primary: {
      status: 200,
      bodySha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      bodyBytes: 3,
    },
    other: {
      status: 500,
      bodySha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      bodyBytes: 0,
    },
  })
})
