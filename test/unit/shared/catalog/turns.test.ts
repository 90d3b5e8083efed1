import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTurn } from '#shared/catalog/turns.ts'
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

test('a change that loses its turn five times is refused as a conflict', async () => {
  let rounds = 0
  const work = async () => {
    rounds += 1
    throw conflict()
  }
  await assert.rejects(inTurn(turns(), work), { code: 'revision-conflict' })
  assert.equal(rounds, 5)
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
