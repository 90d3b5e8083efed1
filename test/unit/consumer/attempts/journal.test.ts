import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogEntry } from '#shared/delivery/log/entries.ts'
import type { AttemptLog } from '../../../../services/consumer/attempts/attempt-log.ts'
import { Journal } from '../../../../services/consumer/attempts/journal.ts'
import { foreign, pairUnderTest, record } from '../pair/pair-under-test.ts'

test('tells what a former owner left in the retry partition, the head of a key and what waits behind it', () => {
  const noted: LogEntry[] = []
  const log = { of: () => ({ note: (_: number, entry: LogEntry) => noted.push(entry) }) } as unknown as AttemptLog
  const journal = new Journal(log, { uid: 'u', name: 'billing', stream: 'orders' })
  const one = pairUnderTest()
  one.put(foreign.park(record(0)))
  one.put(foreign.park(record(1)))
  one.start()
  for (const effect of one.read(record(0), record(1))) {
    if (effect.kind === 'adopted') journal.adopted(one.pair, effect)
  }
  assert.deepEqual(
    noted.map(({ offset, state, behind, attempts }) => [offset, state, behind, attempts]),
    [
      [0, 'retrying', null, 3],
      [1, 'waiting', 0, 3],
    ],
  )
})
