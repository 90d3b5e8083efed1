import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createUndoing } from '../../compose/undoing.ts'

/** A pause of containers that says what is done, in order. */
function pauses() {
  const done: string[] = []
  const undoing = createUndoing(async (name) => void done.push(`settle ${name}`))
  const pause = undoing.of(async (name) => {
    done.push(`pause ${name}`)
    return async () => void done.push(`unpause ${name}`)
  })
  return { done, pause, undoing }
}

describe('what is done to containers', () => {
  it('is undone once, and settled after that, however often somebody asks', async () => {
    const { done, pause, undoing } = pauses()
    const undo = await pause('redis-1')
    await Promise.all([undo(), undo()])
    await undoing.undoAll()
    assert.deepEqual(done, ['pause redis-1', 'unpause redis-1', 'settle redis-1'])
  })

  it('is undone in the end where nobody did before', async () => {
    const { done, pause, undoing } = pauses()
    const undo = await pause('redis-1')
    await pause('kafka-1')
    await undo()
    await undoing.undoAll()
    assert.deepEqual(done.slice(-2), ['unpause kafka-1', 'settle kafka-1'])
    assert.equal(done.filter((one) => one === 'unpause redis-1').length, 1)
  })
})
