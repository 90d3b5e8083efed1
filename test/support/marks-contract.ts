/*
 * What every keeper of idempotency marks has to do: the one in Redis and the one of the unit tests are held to the same
 * sentences. `pass` lets time go by, windowMs and leaseMs are those the marks were made with.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IdempotencyMarks, Mark } from '#shared/redis/idempotency-marks.ts'
import { uniqueName } from './dependencies.ts'

export type MarksUnderTest = {
  marks: IdempotencyMarks
  /** Resolves when the leases given so far, or the windows, are over. */
  pass(what: 'lease' | 'window'): Promise<void>
}

const digest = 'aaaaaaaaaaaaaaaa'
const otherDigest = 'bbbbbbbbbbbbbbbb'
const fresh = (tag = 'key'): Mark => ({ tag, name: uniqueName('event'), digest })
const held = (mark: Mark, token: string) => ({ ...mark, token })
const settled = (mark: Mark, token: string, answer = '3 1042') => ({ ...mark, token, answer })

export function holdToContract(name: string, underTest: () => MarksUnderTest): void {
  const it = (sentence: string, body: (under: MarksUnderTest) => Promise<void>) =>
    test(`${name}: ${sentence}`, () => body(underTest()))
  const open = async ({ marks }: MarksUnderTest, mark: Mark, token: string) =>
    (await marks.open([held(mark, token)]))?.[0]

  it('the first one opens, everybody else is told that it is running', async (under) => {
    const mark = fresh()
    assert.deepEqual(await open(under, mark, 'a'), { kind: 'opened' })
    assert.deepEqual(await open(under, mark, 'b'), { kind: 'running' })
  })

  it('the same token opens again and again, as after a lost answer', async (under) => {
    const mark = fresh()
    await open(under, mark, 'a')
    assert.deepEqual(await open(under, mark, 'a'), { kind: 'opened' })
  })

  it('what is settled is answered, whoever asks', async (under) => {
    const mark = fresh()
    await open(under, mark, 'a')
    assert.equal(await under.marks.settle([settled(mark, 'a', '3 1042 /keys/shop id with spaces')]), 0)
    for (const token of ['a', 'b']) {
      assert.deepEqual(await open(under, mark, token), { kind: 'done', answer: '3 1042 /keys/shop id with spaces' })
    }
  })

  it('another body is a mismatch, running or done', async (under) => {
    const mark = fresh()
    await open(under, mark, 'a')
    assert.deepEqual(await open(under, { ...mark, digest: otherDigest }, 'b'), { kind: 'mismatch' })
    await under.marks.settle([settled(mark, 'a')])
    assert.deepEqual(await open(under, { ...mark, digest: otherDigest }, 'b'), { kind: 'mismatch' })
  })

  it('what nobody renews is taken over, once, when its lease is over', async (under) => {
    const mark = fresh()
    await open(under, mark, 'dead')
    await under.pass('lease')
    assert.deepEqual(await open(under, mark, 'b'), { kind: 'taken-over', token: 'dead' })
    assert.deepEqual(await open(under, mark, 'c'), { kind: 'running' })
  })

  it('a renewal begins the lease anew, brings back what was forgotten, and never takes from another', async (under) => {
    const [mark, forgotten] = [fresh(), fresh()]
    await open(under, mark, 'a')
    await under.pass('lease')
    assert.equal(await under.marks.renew([held(mark, 'a'), held(forgotten, 'a')]), 2)
    assert.deepEqual(await open(under, mark, 'b'), { kind: 'running' })
    assert.deepEqual(await open(under, forgotten, 'b'), { kind: 'running' })
    assert.equal(await under.marks.renew([held(mark, 'b')]), 0)
  })

  it('a release gives up what is pending under its token and nothing else', async (under) => {
    const [mine, others, done] = [fresh(), fresh(), fresh()]
    await open(under, mine, 'a')
    await open(under, others, 'b')
    await under.marks.settle([settled(done, 'a')])
    assert.equal(await under.marks.release([held(mine, 'a'), held(others, 'a'), held(done, 'a')]), 1)
    assert.deepEqual(await open(under, mine, 'c'), { kind: 'opened' })
    assert.deepEqual(await open(under, others, 'c'), { kind: 'running' })
    assert.deepEqual(await open(under, done, 'c'), { kind: 'done', answer: '3 1042' })
  })

  it('the first answer stands; another one is counted, the same one again is not', async (under) => {
    const mark = fresh()
    assert.equal(await under.marks.settle([settled(mark, 'a')]), 0)
    assert.equal(await under.marks.settle([settled(mark, 'a')]), 0)
    assert.equal(await under.marks.settle([settled(mark, 'b', '3 1043')]), 1)
    assert.deepEqual(await open(under, mark, 'c'), { kind: 'done', answer: '3 1042' })
  })

  it('an answer is written over a mark that was taken over, so that nobody appends a third time', async (under) => {
    const mark = fresh()
    await open(under, mark, 'slow')
    await under.pass('lease')
    await open(under, mark, 'b')
    assert.equal(await under.marks.settle([settled(mark, 'slow')]), 0)
    assert.deepEqual(await open(under, mark, 'c'), { kind: 'done', answer: '3 1042' })
  })

  it('an answer is forgotten after its window', async (under) => {
    const mark = fresh()
    await under.marks.settle([settled(mark, 'a')])
    await under.pass('window')
    assert.deepEqual(await open(under, mark, 'b'), { kind: 'opened' })
  })

  it('many marks keep their order, and several tags do not mix', async (under) => {
    const many = Array.from({ length: 1_203 }, () => fresh())
    await under.marks.settle(
      many.filter((_, index) => index % 2 === 1).map((mark, at) => settled(mark, 'a', `0 ${at}`)),
    )
    const seen = await under.marks.open(many.map((mark) => held(mark, 'b')))
    assert.equal(seen?.length, many.length)
    seen.forEach((one, index) => {
      assert.deepEqual(one, index % 2 === 1 ? { kind: 'done', answer: `0 ${(index - 1) / 2}` } : { kind: 'opened' })
    })
    const [one, other] = [fresh('key-1'), fresh('key-2')]
    assert.equal(await under.marks.renew([held(one, 'a'), held(other, 'a'), held(one, 'a')]), 3)
  })
}
