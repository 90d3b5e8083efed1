import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import { readDeadLetter } from '#shared/delivery/dead-letter-record.ts'
import type { LogEntry } from '#shared/delivery/log/entries.ts'
import type { AttemptLog } from '../../../../services/consumer/attempts/attempt-log.ts'
import { openJobJournal, type Told } from '../../../../services/consumer/jobs/job-journal.ts'
import type { JobItem } from '../../../../services/consumer/jobs/source.ts'
import { deadLetter } from '../../shared/delivery/dead-letters.ts'

const told: Told = {
  ...{ state: 'discarded', because: 'an operator gave it up', attempts: 1, firstAttemptAtMs: 5 },
  turn: { key: 'k', type: 'order.created', list: [] },
}

function journalWith(subscriptions: readonly Pick<Subscription, 'uid' | 'name' | 'stream'>[]) {
  const noted: [object, string | null, number, LogEntry][] = []
  const log = {
    of: (subscription: object, job: string | null) => ({
      note: (partition: number, entry: LogEntry) => void noted.push([subscription, job, partition, entry]),
      flush: () => null,
    }),
  } as unknown as AttemptLog
  const catalog = {
    subscriptionByUid: (uid: string) => subscriptions.find((one) => one.uid === uid) as Subscription | undefined,
    streams: () => [{ name: 'orders', topic: 'events.orders' } as Stream],
  }
  return { noted, journal: openJobJournal({ log, catalog, job: { id: 'job_A', uid: null } }) }
}

function itemOf(source: string): JobItem {
  const read = readDeadLetter(deadLetter({ offset: 7, source }), (name) => ({ name, defaultType: null }))
  const letter = read.kind === 'dead-letter' ? read.letter : assert.fail()
  return { order: null, source: letter.source, letter, load: async () => null, askedToWait: null }
}

test('what a job did is told under the subscription of each dead letter', () => {
  const billing = { uid: 'u1', name: 'renamed', stream: 'orders' }
  const { noted, journal } = journalWith([billing])
  journal.tell(itemOf('events.orders/2/9@5'), told)
  const [[subscription, job, partition, entry] = []] = noted
  assert.deepEqual([subscription, job, partition], [billing, 'job_A', 2])
  assert.deepEqual([entry?.offset, entry?.state, entry?.key], [9, 'discarded', 'k'])
})

test('that of a subscription that was deleted is told as well', () => {
  const { noted, journal } = journalWith([])
  journal.tell(itemOf('events.orders/2/9@5'), told)
  assert.deepEqual(
    noted.map(([subscription, , partition]) => [subscription, partition]),
    [[{ uid: 'u1', name: 'billing', stream: 'orders' }, 2]],
  )
})
