import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stream, Subscription } from '#shared/catalog/model.ts'
import type { AttemptResult } from '#shared/delivery/attempt.ts'
import { decide } from '#shared/delivery/decide.ts'
import type { EventRecord, StoredRecord } from '#shared/event/record.ts'
import { deliverItem, type ItemOptions } from '../../../../services/consumer/jobs/deliver-item.ts'
import type { Target } from '../../../../services/consumer/target.ts'
import { until } from '../../../support/until.ts'

const source: StoredRecord = {
  ...{ topic: 't', partition: 0, offset: 7, timestampMs: 0, key: Buffer.from('k'), value: Buffer.from('{}') },
  headers: {},
}
const item = { letter: null, source, order: 'k', askedToWait: null, load: async () => source }

/** A job whose receiver refuses the event, and what of it is known: that it is wanted, and that this runner surely has it. */
function refused(known: { isWanted: boolean; isSure: boolean }) {
  const appended: EventRecord[] = []
  let looks = 0
  const result: AttemptResult = {
    ...{ kind: 'answer', status: 422, headers: {}, body: Buffer.alloc(0), truncated: false },
    timingsMs: { dns: 0, connect: 0, tls: 0, firstByte: 1, total: 1 },
  }
  const target = { url: 'http://one/', attempt: async () => ({ result, decision: decide(result, 0) }) }
  const subscription = { name: 'billing', uid: 'u', signing: { schemes: [] }, destination: { format: 'as-published' } }
  const stream = { name: 'orders', defaultType: null } as Stream
  const lanes = {
    partitionForKey: () => 0,
    append: async (_topic: string, _partition: number, record: EventRecord) => appended.push(record) - 1,
  }
  const options = {
    environment: {
      deadLetters: { lanes, topic: 'dead', partitions: 1 },
      telemetry: { deadLettered: () => {}, deadLetterDelayed: () => {} },
      ops: { raise: () => {}, raiseOnce: () => {} },
    },
    job: { id: 'j1', kind: 'replay' },
    recipient: { subscription, stream },
    context: {
      subscription: () => subscription as unknown as Subscription,
      stream: () => stream,
      secrets: () => [],
      targets: { pick: () => target as unknown as Target, isAnyUp: () => true },
      comparing: null,
      isStopping: () => false,
      sendsMore: () => {},
      attemptFailed: () => {},
    },
    isWanted: () => known.isWanted,
    mayWrite() {
      looks += 1
      return known.isSure
    },
    journal: { tell: () => {} },
    heed: () => {},
  } as unknown as ItemOptions
  return { ended: deliverItem(item, options), appended, looks: () => looks }
}

test('what fails under a job is a dead letter, and has ended when that is stored', async () => {
  const { ended, appended } = refused({ isWanted: true, isSure: true })
  assert.deepEqual(await ended, { kind: 'ended', ending: 'dead-lettered' })
  assert.equal(appended[0]?.headers.tailrace_job, 'j1')
})

test('while it is doubtful who runs the job its dead letter waits', async () => {
  const known = { isWanted: true, isSure: false }
  const { ended, appended, looks } = refused(known)
  await until('it waits', () => looks() > 2)
  assert.equal(appended.length, 0)
  known.isSure = true
  assert.deepEqual([await ended, appended.length], [{ kind: 'ended', ending: 'dead-lettered' }, 1])
})

test('a runner that has lost the job writes none: the next one may have delivered the event', async () => {
  const known = { isWanted: true, isSure: false }
  const { ended, appended, looks } = refused(known)
  await until('it waits', () => looks() > 2)
  known.isWanted = false
  assert.deepEqual([await ended, appended.length], [{ kind: 'stopped' }, 0])
})
