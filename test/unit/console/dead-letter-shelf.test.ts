import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StoredRecord } from '#shared/event/record.ts'
import { createShelf } from '../../../services/console/dead-letter-shelf.ts'
import { deadLetter, settled } from '../shared/delivery/dead-letters.ts'

const streamOf = (topic: string) => ({ name: topic, defaultType: null })

function shelfOf(records: readonly StoredRecord[], most = 100) {
  const shelf = createShelf({ streamOf, most })
  for (const record of records) shelf.apply(record)
  return shelf
}

const offsets = (shelf: ReturnType<typeof shelfOf>) => shelf.letters().map(({ at }) => at.offset)

test('one that dies again takes the place of itself; a mark takes it away', () => {
  const first = deadLetter({ offset: 1 })
  const other = deadLetter({ offset: 2, source: 'events.orders/0/9@5' })
  const again = { ...deadLetter({ offset: 3, job: 'job_A' }), key: first.key }
  assert.deepEqual(
    shelfOf([first, other, again])
      .letters()
      .map(({ at, job }) => [at.offset, job]),
    [
      [3, 'job_A'],
      [2, null],
    ],
  )
  for (const as of ['redriven', 'discarded']) {
    assert.deepEqual(offsets(shelfOf([first, settled(first, { offset: 4, job: 'job_A', as })])), [])
  }
})

test('what the log has no longer is forgotten, and not read again', () => {
  const shelf = shelfOf([deadLetter({ offset: 1 }), deadLetter({ offset: 2 }), deadLetter({ offset: 0, partition: 1 })])
  shelf.forgetBelow(
    new Map([
      [0, 2],
      [1, 0],
      [2, 7],
    ]),
  )
  assert.deepEqual(offsets(shelf), [2, 0])
  assert.deepEqual([0, 1, 2].map(shelf.positionOf), [3, 1, 7])
  assert.deepEqual(shelf.ends(), { 0: 3, 1: 1, 2: 7 })
})

test('of too many the oldest are held, the newest counted, until there is room for them', () => {
  const letters = Array.from({ length: 15 }, (_, offset) => deadLetter({ offset }))
  const shelf = shelfOf(letters, 10)
  assert.deepEqual([offsets(shelf).length, shelf.leftOut(), shelf.positionOf(0)], [10, 5, 15])
  assert.deepEqual(shelf.ends(), { 0: 10 }, 'a job is about what is held')
  const marks = letters.slice(0, 3).map((letter, at) => settled(letter, { offset: 15 + at, job: 'job_A' }))
  for (const mark of marks.slice(0, 1)) shelf.apply(mark)
  shelf.makeRoom()
  assert.deepEqual([shelf.positionOf(0), shelf.leftOut()], [10, 0])
  for (const record of [...letters.slice(10), ...marks]) shelf.apply(record)
  assert.deepEqual([offsets(shelf).sort((a, b) => a - b), shelf.leftOut()], [[3, 4, 5, 6, 7, 8, 9, 10], 4])
  shelf.makeRoom()
  for (const record of [...letters.slice(11), ...marks]) shelf.apply(record)
  assert.deepEqual([offsets(shelf).sort((a, b) => a - b), shelf.leftOut()], [[3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 2])
})

test('whatever dies, dies again and is settled: what is held is unsettled, and nothing is lost from sight', () => {
  const step = fc.record({ what: fc.constantFrom('die', 'die', 'settle'), name: fc.nat(7), partition: fc.nat(1) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (steps, most) => {
      const next = [0, 0]
      const log = steps.map(({ what, name, partition }) => {
        const offset = next[partition] ?? 0
        next[partition] = offset + 1
        const letter = deadLetter({ offset, partition, source: `events.orders/${partition}/${name}@5` })
        return what === 'die' ? letter : settled(letter, { offset, job: 'job_A' })
      })
      const last = new Map(log.map((record) => [String(record.key), record]))
      const unsettled = [...last].flatMap(([key, { headers }]) =>
        headers.tailrace_kind === 'dead-letter' ? [key] : [],
      )
      const shelf = createShelf({ streamOf, most })
      const readOn = () => {
        shelf.makeRoom()
        for (const record of log) if (record.offset >= shelf.positionOf(record.partition)) shelf.apply(record)
      }
      readOn()
      const isHeld = shelf.letters().map(({ key }) => key)
      assert.ok(isHeld.length <= most)
      assert.ok(isHeld.every((key) => unsettled.includes(key)))
      assert.ok(
        shelf.letters().every(({ key, at }) => last.get(key)?.offset === at.offset),
        'the last death counts',
      )
      if (shelf.leftOut() === 0) assert.deepEqual(isHeld.toSorted(), unsettled.toSorted())
      // Settling what is held brings the rest to sight, whatever its number.
      const seen = new Set<string>()
      for (let round = 0; round < 70 && (shelf.letters().length > 0 || shelf.leftOut() > 0); round += 1) {
        for (const { key, at } of shelf.letters()) {
          seen.add(key)
          const letter = last.get(key)
          const offset = next[at.partition] ?? 0
          next[at.partition] = offset + 1
          if (letter !== undefined) log.push(settled(letter, { offset, job: 'job_B' }))
        }
        readOn()
      }
      for (const key of unsettled) assert.ok(seen.has(key), key)
    }),
  )
})
