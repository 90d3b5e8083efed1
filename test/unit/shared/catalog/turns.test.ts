import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inTurn, pauseMs } from '#shared/catalog/turns.ts'
import { TailraceError } from '#shared/errors.ts'

const conflict = () => new TailraceError('revision-conflict', 'another writer came between')

/** A catalog whose turn is there when asked for; `done` tells what happened in order. */
function turns({ isReadable = true } = {}) {
  const done: string[] = []
  return {
    done,
    async takeTurn() {
      done.push('turn')
      return isReadable
    },
    async mend() {
      done.push('mend')
    },
  }
}

test('a change that lost its turn is made again from the start, behind what counts by then', async () => {
  const catalog = turns()
  let round = 0
  const work = async () => {
    round += 1
    catalog.done.push(`work ${round}`)
    if (round < 3) throw conflict()
    return round
  }
  assert.equal(await inTurn(catalog, work), 3)
  const rounds = [1, 2, 3].flatMap((one) => ['turn', 'mend', `work ${one}`])
  assert.deepEqual(catalog.done, rounds)
})

test('a change that loses its turn six times is refused as a conflict', async () => {
  let rounds = 0
  const work = async () => {
    rounds += 1
    throw conflict()
  }
  await assert.rejects(inTurn(turns(), work), { code: 'revision-conflict' })
  assert.equal(rounds, 6)
})

test('any other failure ends a change at once, and none begins while the topic cannot be read', async () => {
  let rounds = 0
  const work = async () => {
    rounds += 1
    throw new TailraceError('stream-in-use', 'it has subscriptions')
  }
  await assert.rejects(inTurn(turns(), work), { code: 'stream-in-use' })
  assert.equal(rounds, 1)
  await assert.rejects(inTurn(turns({ isReadable: false }), work), { code: 'kafka-unavailable' })
  assert.equal(rounds, 1)
})

test('whoever lost its turn leaves the other one time enough to end, in proportion to its own work', () => {
  assert.deepEqual(
    [1, 2, 3].map((round) => pauseMs(500, round, 0.5)),
    [500, 1_000, 2_000],
  )
  assert.equal(pauseMs(500, 6, 1), 5_000)
  assert.equal(pauseMs(0, 1, 1), 20)
  assert.equal(pauseMs(500, 1, 0), 0)
})

test('two whose work takes a while do not take the turn from each other until both give up', async () => {
  let holder = -1
  const contender = (name: number) => ({
    async takeTurn() {
      holder = name
      return true
    },
    mend: async () => undefined,
  })
  const work = (name: number) => async () => {
    await sleep(100)
    if (holder !== name) throw conflict()
    return name
  }
  for (let round = 0; round < 3; round += 1) {
    assert.deepEqual(await Promise.all([0, 1].map((name) => inTurn(contender(name), work(name)))), [0, 1])
  }
})
