import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { TailraceError } from '#shared/errors.ts'
import { createMetrics } from '#shared/observability/metrics.ts'
import { until } from '../../support/until.ts'
import { adminFor, lanesFor, memberFor, textRecord, topicFor, valuesOf } from './fixture.ts'
import { moveLeaders } from './leadership.ts'

const partitions = 6
const callers = 48
const moves = 4

/**
 * A lane without an acknowledgement for 7 s takes nothing. A broker waits 2.5 s for the replicas of a batch, and a move in that
 * time costs another such wait: one of them was seen on two cores of our own.
 */
const isRefusal = (error: unknown): boolean => error instanceof TailraceError && error.code === 'kafka-unavailable'

/** Callers that append one record after the other until `stop`; what each partition must hold then, in order. */
function write(lanes: ReturnType<typeof lanesFor>, topic: string) {
  const expected: string[][] = Array.from({ length: partitions }, () => [])
  let isOver = false
  let longestMs = 0
  let refused = 0
  const call = async (caller: number) => {
    for (let count = 0; !isOver; count += 1) {
      const value = `event ${caller}.${count}`
      // Spread by chance: callers in step would gather on one partition at a time, and rounds carry no other.
      const partition = lanes.partitionForKey(Buffer.from(value), partitions)
      const here = expected[partition] ?? []
      here.push(value)
      const startedAt = performance.now()
      await lanes.append(topic, partition, textRecord(value)).catch(async (error: unknown) => {
        if (!isRefusal(error)) throw error
        here.splice(here.lastIndexOf(value), 1)
        refused += 1
        await until('all lanes take records', () => lanes.snapshot().every(({ state }) => state === 'open'))
      })
      longestMs = Math.max(longestMs, performance.now() - startedAt)
    }
  }
  const running = Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)))
  const stop = async () => {
    isOver = true
    await running
    return { expected, longestMs, refused }
  }
  return { stop, written: () => expected.reduce((sum, values) => sum + values.length, 0) }
}

async function readAll(t: TestContext, topic: string, count: number): Promise<string[][]> {
  const reader = memberFor(t, { groupId: `${topic}-readers`, topics: [topic] })
  const all = Array.from({ length: partitions }, (_, partition) => partition)
  await until('the reader is assigned', () => reader.owned()?.length === partitions)
  for (const partition of all) reader.keeper.seek(topic, partition, 0)
  reader.keeper.resume(topic, all)
  await until('all are read', () => reader.batches.reduce((sum, { records }) => sum + records.length, 0) >= count)
  return all.map((partition) => valuesOf(reader, topic, partition))
}

for (const kind of ['leader', 'partition'] as const) {
  test(`${kind} lanes write every record once and in order while all leaders move under load`, async (t) => {
    const admin = await adminFor(t)
    const topic = await topicFor(t, admin, { partitions })
    const metrics = createMetrics()
    const writing = write(lanesFor(t, kind, metrics), topic)
    for (let move = 0; move < moves; move += 1) {
      const written = writing.written()
      await moveLeaders(topic, move)
      await until('the load goes on', () => writing.written() > written + 10 * callers)
    }
    const { expected, longestMs, refused } = await writing.stop()
    assert.deepEqual(await readAll(t, topic, writing.written()), expected)
    const text = await metrics.registry.metrics()
    const figure = (name: string) => Number(text.match(new RegExp(`^tailrace_lane_${name} (\\d+)$`, 'm'))?.[1])
    const [sends, batches] = [figure('sends_total'), figure('batch_records_count')]
    const [resends, splits] = [figure('resends_total'), figure('rounds_split_total')]
    t.diagnostic(
      `${writing.written()} records in ${batches} batches, ${sends} sends, longest ${Math.round(longestMs)} ms`,
    )
    t.diagnostic(`${resends} batches sent again, ${splits} rounds split, ${refused} records refused`)
    assert.equal(figure('producers_replaced_total'), 0)
    if (kind === 'leader') assert.ok(sends < batches, 'rounds carry several partitions')
  })
}
