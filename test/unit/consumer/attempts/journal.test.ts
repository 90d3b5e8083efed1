import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogEntry } from '#shared/delivery/log/entries.ts'
import type { AttemptLog } from '../../../../services/consumer/attempts/attempt-log.ts'
import { Journal } from '../../../../services/consumer/attempts/journal.ts'
import { foreign, pairUnderTest, record } from '../pair/pair-under-test.ts'

test('tells what a former owner left in the retry partition: what failed, what waits behind it, what is first by now', () => {
  const noted: LogEntry[] = []
  const log = { of: () => ({ note: (_: number, entry: LogEntry) => noted.push(entry) }) } as unknown as AttemptLog
  const journal = new Journal(log, { uid: 'u', name: 'billing', stream: 'orders' })
  const one = pairUnderTest()
  one.put(foreign.park(record(0)))
  one.put(foreign.park(record(1)))
  one.put(foreign.park(record(2, 'l'), 500))
  one.start()
  for (const effect of one.read(record(0), record(1), record(2, 'l'))) {
    if (effect.kind === 'adopted') journal.adopted(one.pair, effect)
  }
  assert.deepEqual(
    noted.map(({ offset, state, because, behind, attempts }) => [offset, state, because, behind, attempts]),
    [
      [0, 'retrying', 'an earlier attempt failed', null, 3],
      [1, 'waiting', 'an earlier event of its key is tried again', 0, 3],
      [2, 'queued', '', null, 3],
    ],
  )
})
