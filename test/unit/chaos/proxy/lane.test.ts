import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { createLane } from '../../../chaos/proxy/lane.ts'
import type { Way } from '../../../chaos/proxy/rules.ts'
import { until } from '../../../support/until.ts'

/** A lane to a socket that only writes down what it is asked; real ones may join what they are given. */
function laneOf(way: Way) {
  const written: string[] = []
  const held = { paused: false }
  const from = { pause: () => (held.paused = true), resume: () => (held.paused = false) }
  const to = Object.assign(new EventEmitter(), {
    destroyed: false,
    write: (bytes: Buffer, done: () => void) => {
      written.push(bytes.toString())
      setImmediate(done)
    },
    end: () => written.push('end'),
    resetAndDestroy: () => written.push('reset'),
  })
  const sockets = { from: from as unknown as Socket, to: to as unknown as Socket }
  return { written, held, lane: createLane({ ...sockets, way: () => way, bandwidth: { freeAtMs: 0 } }) }
}

describe('one direction of a connection', () => {
  it('writes slice by slice, the last one shorter', async () => {
    const { written, lane } = laneOf({ sliceBytes: 4 })
    lane.carry(Buffer.from('one two three'))
    lane.finish(false)
    await until('the end was written', () => written.at(-1) === 'end')
    assert.deepEqual(written, ['one ', 'two ', 'thre', 'e', 'end'])
  })

  it('ends with a reset behind everything that came before it', async () => {
    const { written, lane } = laneOf({ latencyMs: 20 })
    lane.carry(Buffer.from('one'))
    lane.finish(true)
    await until('it is reset', () => written.at(-1) === 'reset')
    assert.deepEqual(written, ['one', 'reset'])
  })

  it('holds up the sender while more than a mebibyte waits, and no longer', async () => {
    const way: Way = { isCut: true }
    const { written, held, lane } = laneOf(way)
    lane.carry(Buffer.alloc(1_000_000))
    assert.equal(held.paused, false)
    lane.carry(Buffer.alloc(100_000))
    assert.equal(held.paused, true)
    way.isCut = false
    lane.wake()
    await until('all is written', () => written.length === 2)
    await until('the sender may go on', () => !held.paused)
  })
})
