/*
 * A delivery process of the smallest kind: one group over one topic, one record of a partition after the other. With
 * `commitFirst` it has the seeded defect that the checkers must find: it commits a batch before it delivers it, so what
 * it had not delivered when it was killed is lost. Without, it commits after each delivery and loses nothing. With
 * `deliversWhenLost` it has another one: it goes on with what it fetched although others own its partitions by now.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Agent } from 'undici'
import { Exchange } from '#shared/delivery/exchange.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import { type GroupKeeper, keepGroup, type RecordBatch } from '#shared/kafka/group-keeper.ts'
import { createLogger } from '#shared/observability/log.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { writeRecord } from '../../support/kcat.ts'

export type SmallConsumerOptions = {
  brokers: readonly string[]
  topic: string
  group: string
  subscription: string
  targetUrl: string
  commitFirst: boolean
  deliversWhenLost: boolean
  /** Gets a fence of each ownership, as retry topics do. */
  fenceTopic?: string
}

const name = `small-${process.pid}`
/** Slow enough that a batch is still being delivered when the process is killed. */
const deliveryPauseMs = 20
const sessionTimeoutMs = 6_000
const attemptTimeoutMs = 10_000
const connections = new Agent()

let epochNow = -1

process.once('message', (options: SmallConsumerOptions) => start(options))
process.once('disconnect', () => process.exit(0))

function start(options: SmallConsumerOptions): void {
  const { brokers, topic, group } = options
  const log = createLogger('small-consumer', { level: 'silent', instance: name })
  const tails = new Map<number, Promise<void>>()
  const keeper: GroupKeeper = keepGroup({
    ...{ connection: { brokers, clientId: name, log }, groupId: group, topics: [topic], sessionTimeoutMs },
    metrics: createMetrics(),
    onAssigned: ({ epoch, partitions }) => {
      epochNow = epoch
      void takeOver({ keeper, options, partitions })
    },
    onRevoking: () => {
      epochNow = -1
    },
    onBatch: (batch) => {
      const before = tails.get(batch.partition) ?? Promise.resolve()
      tails.set(
        batch.partition,
        before.then(() => deliverBatch(keeper, batch, options)),
      )
    },
    onBroken: (error) => {
      throw error
    },
  })
}

type Taken = { keeper: GroupKeeper; options: SmallConsumerOptions; partitions: readonly number[] }

async function takeOver({ keeper, options, partitions }: Taken): Promise<void> {
  const { brokers, topic, fenceTopic } = options
  if (fenceTopic !== undefined) {
    const headers = { tailrace_kind: 'fence', tailrace_owner: name }
    const fence = { topic: fenceTopic, value: '-', headers }
    await Promise.all(partitions.map((partition) => writeRecord(brokers, { ...fence, partition })))
  }
  const committed = await keeper.fetchCommitted()
  for (const partition of partitions) {
    keeper.seek(topic, partition, committed.find((one) => one.partition === partition)?.offset ?? 0)
  }
  keeper.resume(topic, partitions)
  process.send?.({ type: 'running' })
}

async function deliverBatch(keeper: GroupKeeper, batch: RecordBatch, options: SmallConsumerOptions): Promise<void> {
  const last = batch.records.at(-1)
  const maySend = () => options.deliversWhenLost || isOwner(keeper, batch)
  if (last === undefined || !maySend()) return
  if (options.commitFirst) await commit(keeper, batch, last)
  for (const record of batch.records) {
    if (!(await deliver(record, options, maySend))) return
    if (!options.commitFirst) await commit(keeper, batch, record)
  }
}

/** The epoch is not over, nor may it be without our knowledge. */
const isOwner = (keeper: GroupKeeper, { epoch }: RecordBatch): boolean =>
  epoch === epochNow && keeper.lastHeartbeatAgeMs() < 0.8 * sessionTimeoutMs

/** Until the coordinator has taken it, wherever that is now; a commit of an ownership that is over ends it too. */
async function commit(keeper: GroupKeeper, { epoch, topic, partition }: RecordBatch, { offset }: StoredRecord) {
  for (;;) {
    try {
      return await keeper.commit(epoch, [{ topic, partition, offset: offset + 1, metadata: '' }])
    } catch {
      await pause(100)
    }
  }
}

/**
 * Whether it was sent. `maySend` is asked right before the request is written: that is at least a turn of the event loop
 * after the call, and the process can be frozen between the two.
 */
async function deliver(record: StoredRecord, options: SmallConsumerOptions, maySend: () => boolean): Promise<boolean> {
  const { targetUrl, subscription } = options
  const attributes = Object.entries(record.headers).filter(([header]) => header.startsWith('ce_'))
  const headers = {
    ...Object.fromEntries(attributes.map(([header, value]) => [`ce-${header.slice(3)}`, value])),
    'content-type': record.headers['content-type'] ?? '',
    'tailrace-subscription': subscription,
    'tailrace-attempt': '1',
    'tailrace-position': `${record.topic}-${record.partition}-${record.offset}`,
  }
  const { origin, pathname } = new URL(targetUrl)
  const exchange = new Exchange(attemptTimeoutMs, { takeDial: () => null, mayStart: maySend })
  connections.dispatch({ origin, path: pathname, method: 'POST', headers, body: record.value }, exchange)
  const result = await exchange.result
  if (result.kind === 'failure') {
    if (!maySend()) return false
    throw new Error(`no answer: ${result.detail}`)
  }
  await pause(deliveryPauseMs)
  return true
}
