import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommitEntry } from '#shared/kafka/group-keeper.ts'
import { Commits } from '../../../services/consumer/commits.ts'
import type { Input } from '../../../services/consumer/pair/inputs.ts'
import { pairUnderTest } from './pair/pair-under-test.ts'

function commitsWith(send: () => Promise<'committed' | 'stale'>) {
  const sent: { epoch: number; entries: readonly CommitEntry[] }[] = []
  const answers: string[] = []
  const results: string[] = []
  const commits = new Commits({
    topics: { stream: 's', retry: 'r' },
    send: (epoch, entries) => {
      sent.push({ epoch, entries })
      return send()
    },
    onAnswer: (_, input: Input) => void answers.push(input.kind),
    onResult: (result) => void results.push(result),
  })
  const { pair } = pairUnderTest()
  const note = (offset: number, retryOffset: number) =>
    commits.note(pair, { kind: 'commit', token: 't', metadata: '1;t;', truncated: false, offset, retryOffset })
  return { commits, sent, answers, results, note }
}

test('both halves go out at once, in one request, the later of two commits of a pair; each is answered', async () => {
  const { commits, sent, answers, note } = commitsWith(async () => 'committed')
  note(3, 1)
  note(5, 2)
  const done = commits.send(4)
  assert.deepEqual(sent, [
    {
      epoch: 4,
      entries: [
        { topic: 's', partition: 0, offset: 5, metadata: '1;t;' },
        { topic: 'r', partition: 0, offset: 2, metadata: '' },
      ],
    },
  ])
  assert.equal(commits.isUnderWay, true)
  assert.equal(await done, 'committed')
  assert.deepEqual(answers, ['committed', 'committed'])
  assert.equal(commits.isUnderWay, false)
})

test('what was not taken is said to have failed, to be committed again', async () => {
  for (const [send, result] of [
    [() => Promise.resolve('stale' as const), 'stale'],
    [() => Promise.reject(new Error('no coordinator')), 'failed'],
  ] as const) {
    const { commits, answers, results, note } = commitsWith(send)
    note(3, 1)
    assert.equal(await commits.send(4), result)
    assert.deepEqual([answers, results], [['commit-failed'], [result]])
  }
})

test('nothing is sent without an ownership or without anything to say', async () => {
  const { commits, sent, answers, note } = commitsWith(async () => 'committed')
  assert.equal(await commits.send(4), 'committed')
  note(3, 1)
  assert.equal(await commits.send(null), 'stale')
  assert.deepEqual([sent, answers], [[], ['commit-failed']])
})

test('what is held back goes out when the attempts behind it are on record, or before with something that cannot wait', async () => {
  const { commits, sent, note } = commitsWith(async () => 'committed')
  const sendNow = () => void commits.send(4)
  const offsets = () => sent.map(({ entries }) => entries[0]?.offset)
  const first = Promise.withResolvers<void>()
  note(3, 1)
  commits.holdBack(first.promise, sendNow)
  assert.deepEqual([commits.isUnderWay, commits.isAnyReady, sent.length], [true, false, 0])
  first.resolve()
  await first.promise
  assert.deepEqual(offsets(), [3])
  const second = Promise.withResolvers<void>()
  note(5, 1)
  commits.holdBack(second.promise, sendNow)
  note(6, 1)
  assert.equal(commits.isAnyReady, true)
  sendNow()
  note(7, 1)
  commits.holdBack(Promise.withResolvers<void>().promise, sendNow)
  second.resolve()
  await second.promise
  assert.deepEqual(offsets(), [3, 6], 'and what is held back later waits for something later')
  commits.release()
  assert.equal(commits.isAnyReady, true)
})

test('nothing is held back without anything to wait for', () => {
  const { commits, sent, note } = commitsWith(async () => 'committed')
  note(3, 1)
  commits.holdBack(null, () => void commits.send(4))
  assert.equal(sent.length, 1)
})
