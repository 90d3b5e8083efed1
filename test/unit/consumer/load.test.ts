import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeMetadata, nothingRemembered } from '#shared/delivery/commit-metadata.ts'
import type { CommitEntry } from '#shared/kafka/group-keeper.ts'
import { type LoadOptions, loadState } from '../../../services/consumer/load.ts'
import { isOfPosition, newToken } from '../../../services/consumer/tokens.ts'

type World = {
  committed?: { offset: number; metadata: string } | null
  started?: boolean
  position?: LoadOptions['position']
  commit?: 'committed' | 'stale'
  delivered?: Map<number, number>
}

/** Loads one partition; the order of what was asked, what was committed, and the answer. */
async function load({
  committed = null,
  started = true,
  position,
  commit = 'committed',
  delivered = new Map(),
}: World) {
  const asked: string[] = []
  const sent: CommitEntry[] = []
  const loaded = await loadState({
    topics: { stream: 's', retry: 'r' },
    epoch: 1,
    startOffsets: { 0: 5 },
    position,
    keeper: {
      fetchCommitted: async () => {
        asked.push('commits')
        const entries = [{ topic: 'r', partition: 0, offset: 3, metadata: '' }]
        return committed === null ? entries : [{ topic: 's', partition: 0, ...committed }, ...entries]
      },
      commit: async (_, entries) => {
        asked.push('commit')
        sent.push(...entries)
        return commit
      },
    },
    admin: {
      offsets: async (topic) => {
        asked.push(`log of ${topic}`)
        return [{ partition: 0, low: 1, high: topic === 's' ? 90 : 9 }]
      },
    },
    acks: {
      read: async (tokens) => {
        asked.push(`delivered under ${[...tokens].join()}`)
        return new Map([[0, delivered]])
      },
    },
    isStarted: () => {
      asked.push('started')
      return started
    },
    markStarted: async () => void asked.push('mark'),
  })
  return { asked, sent, state: loaded?.get(0), isLoaded: loaded !== null }
}

test('commits are fetched before the ends of the logs, or a commit in between would look lost', async () => {
  const metadata = encodeMetadata({ token: 't', base: 7, runs: [{ start: 9, length: 2 }], atMs: 1_000 }).text
  const { asked, state } = await load({ committed: { offset: 7, metadata } })
  assert.deepEqual(asked, ['started', 'commits', 'log of s', 'log of r', 'delivered under 0,t'])
  assert.deepEqual(state, {
    committed: { offset: 7, token: 't', runs: [{ start: 9, length: 2 }], atMs: 1_000 },
    startOffset: 5,
    started: true,
    delivered: new Map(),
    log: { low: 1, high: 90 },
    retry: { committed: 3, log: { low: 1, high: 9 } },
    skipped: [],
  })
})

test('at the very first time the start is committed before deliveries count as begun', async () => {
  const { asked, sent, isLoaded } = await load({ started: false })
  assert.deepEqual(asked.slice(-3), ['commit', 'mark', 'delivered under '])
  assert.deepEqual(sent, [{ topic: 's', partition: 0, offset: 5, metadata: '' }])
  assert.equal(isLoaded, true)
})

test('nothing is marked when the ownership ended meanwhile', async () => {
  const { asked, isLoaded } = await load({ started: false, commit: 'stale' })
  assert.equal(asked.at(-1), 'commit')
  assert.equal(isLoaded, false)
})

test("an operator's position stands in place of the commit until one carries its mark", async () => {
  const position = { id: 'p2', revision: 1, at: '', offsets: { 0: 40 } }
  const before = await load({ position, committed: { offset: 7, metadata: `1;${newToken('p1')};` } })
  assert.deepEqual(before.state?.committed, { offset: 40, ...nothingRemembered })
  assert.equal(before.asked.at(-1), 'delivered under ', 'what was delivered is delivered again')
  const token = `${newToken('p2')}.3`
  const after = await load({ position, committed: { offset: 44, metadata: `1;${token};` } })
  assert.deepEqual(after.state?.committed, { offset: 44, token, runs: [], atMs: null })
  const other = await load({ position: { ...position, offsets: { 1: 40 } }, committed: { offset: 7, metadata: '' } })
  assert.equal(other.state?.committed?.offset, 7, 'another partition was moved')
})

test('what an operator passed over is told: what was unfinished between the commit and the position', async () => {
  const position = { id: 'p2', revision: 1, at: '', offsets: { 0: 40 } }
  const runs = [
    { start: 10, length: 5 },
    { start: 38, length: 9 },
  ]
  const metadata = encodeMetadata({ token: newToken('p1'), base: 7, runs, atMs: 0 }).text
  const { state } = await load({ position, committed: { offset: 7, metadata } })
  assert.deepEqual(state?.skipped, [
    { from: 7, to: 10 },
    { from: 15, to: 38 },
  ])
  const cases: [World, object][] = [
    [{ position }, [{ from: 5, to: 40 }]],
    [
      { position: { ...position, offsets: { 0: 200 } }, committed: { offset: 80, metadata: '' } },
      [{ from: 80, to: 90 }],
    ],
    [{ position, committed: { offset: 40, metadata: '' } }, []],
    [{ position, committed: { offset: 60, metadata: '' } }, []],
    [{ position, committed: { offset: 44, metadata: `1;${newToken('p2')};` } }, []],
    [{ position: { ...position, offsets: { 0: 3 } }, committed: { offset: 0, metadata: '' } }, [{ from: 1, to: 3 }]],
    [{ committed: { offset: 7, metadata: '' } }, []],
  ]
  for (const [world, expected] of cases)
    assert.deepEqual((await load(world)).state?.skipped, expected, JSON.stringify(world))
})

test('a token tells the position it began under, also after reloads', () => {
  assert.equal(isOfPosition(newToken('p1'), 'p1'), true)
  assert.equal(isOfPosition(`${newToken('p1')}.2`, 'p1'), true)
  assert.equal(isOfPosition(newToken(undefined), 'p1'), false)
  assert.notEqual(newToken('p1'), newToken('p1'))
})
