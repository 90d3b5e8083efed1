import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TailraceError } from '#shared/errors.ts'
import { Lane } from '#shared/kafka/lane.ts'
import { ProducerSource } from '#shared/kafka/lane-producers.ts'
import { bytesOf, toMessage } from '#shared/kafka/record-mapping.ts'
import { LeaderSender } from '#shared/kafka/send-by-leader.ts'
import { CountingObserver, FakeClock, textRecord } from './fakes.ts'
import { ModelCluster } from './model-cluster.ts'

/** Lanes of one topic on a model cluster. `warm` writes to every partition once, so that leaders are known. */
function openLanes(cluster: ModelCluster) {
  const clock = new FakeClock()
  const observe = new CountingObserver()
  let splits = 0
  const producers = new ProducerSource(() => cluster.open(sender.see))
  const onSplit = () => {
    splits += 1
  }
  const sender: LeaderSender = new LeaderSender({ producers, clock, onSplit })
  const lanes = cluster.log.map((_, partition) => new Lane({ topic: 'events', partition, sender, clock, observe }))
  const append = async (partition: number, value: string) => {
    const record = textRecord(value)
    return await lanes[partition]?.append(toMessage(record, partition), bytesOf(record))
  }
  const warm = async () => {
    await Promise.all(lanes.map((_, partition) => append(partition, 'warm')))
    await Promise.all(lanes.map((lane) => lane.drained()))
    for (const log of cluster.log) log.length = 0
    cluster.requests.length = 0
  }
  return { lanes, append, warm, clock, observe, splits: () => splits }
}

const partitionsOf = ({ values }: { values: Record<number, string[]> }) => Object.keys(values).map(Number)

test('sends one request per leader, with a batch for each of its partitions, over one producer', async () => {
  const cluster = new ModelCluster([1, 2, 1, 2])
  const { append, warm } = openLanes(cluster)
  await warm()
  await Promise.all([0, 1, 2, 3, 0].map((partition, index) => append(partition, `event ${index}`)))
  assert.deepEqual(
    cluster.requests.map(({ broker, values }) => [broker, values]),
    [
      [1, { 0: ['event 0', 'event 4'], 2: ['event 2'] }],
      [2, { 1: ['event 1'], 3: ['event 3'] }],
    ],
  )
  assert.equal(cluster.opened, 1)
})

test('has one round of a leader in flight; what queues meanwhile goes with the next one', async () => {
  const cluster = new ModelCluster([1, 1])
  const { append, warm } = openLanes(cluster)
  await warm()
  const first = append(0, 'a')
  while (cluster.requests.length === 0) await Promise.resolve()
  const rest = ['b', 'c', 'd'].map((value, index) => append(index % 2, value))
  await Promise.all([first, ...rest])
  assert.deepEqual(
    cluster.requests.map(({ values }) => values),
    [{ 0: ['a'] }, { 0: ['b', 'd'], 1: ['c'] }],
  )
})

test('bounds a round; the partitions that did not fit go first in the next one', async () => {
  const cluster = new ModelCluster([1, 1, 1, 1, 1])
  const { append, warm } = openLanes(cluster)
  await warm()
  const values = Array.from({ length: 500 }, (_, index) => String(index))
  await Promise.all([0, 1, 2, 3, 4].flatMap((partition) => values.map((value) => append(partition, value))))
  assert.deepEqual(cluster.requests.map(partitionsOf), [[0, 1], [2, 3], [4]])
})

test('bounds the bytes of a round too', async () => {
  const cluster = new ModelCluster([1, 1, 1])
  const { append, warm } = openLanes(cluster)
  await warm()
  await Promise.all([0, 1, 2].map((partition) => append(partition, 'x'.repeat(850_000))))
  assert.deepEqual(cluster.requests.map(partitionsOf), [[0, 1], [2]])
})

test('a partition whose leader nobody knows is sent alone', async () => {
  const cluster = new ModelCluster([1, 1])
  const { append } = openLanes(cluster)
  await Promise.all([append(0, 'a'), append(1, 'b')])
  assert.deepEqual(cluster.requests.map(partitionsOf), [[0], [1]])
})

// Rule 1: split check.
test('a round whose partitions moved apart is sent to nobody; each batch goes to its new leader, once', async () => {
  const cluster = new ModelCluster([1, 1])
  const { append, warm, splits } = openLanes(cluster)
  await warm()
  cluster.move({ 1: 2 })
  cluster.isMetadataExpired = true
  // Had the round gone out, its first half would be written and counted, and sent again after the loss of the other.
  cluster.happenings.push('ok', 'lost-request')
  await Promise.all([append(0, 'a'), append(1, 'b')])
  assert.deepEqual(cluster.log, [['a'], ['b']])
  assert.equal(splits(), 1)
})

test('a batch that was put back goes out with what queued behind it, in order', async () => {
  const cluster = new ModelCluster([1, 1])
  const { append, warm } = openLanes(cluster)
  await warm()
  cluster.move({ 1: 2 })
  cluster.isMetadataExpired = true
  const first = [append(0, 'a'), append(1, 'b')]
  while (cluster.isMetadataExpired) await Promise.resolve()
  await Promise.all([...first, append(0, 'c'), append(1, 'd')])
  assert.deepEqual(cluster.log, [
    ['a', 'c'],
    ['b', 'd'],
  ])
  assert.deepEqual(cluster.requests.map(partitionsOf).toSorted(), [[0], [1]])
})

// Rule 2: no internal retry.
test('kafkajs does not try a round again by itself, though its partitions have moved apart meanwhile', async () => {
  const cluster = new ModelCluster([1, 1])
  const { append, warm, splits } = openLanes(cluster)
  await warm()
  cluster.happenings.push('lost-reply')
  const first = [append(0, 'a'), append(1, 'b')]
  while (cluster.requests.length === 0) await Promise.resolve()
  cluster.move({ 1: 2 })
  cluster.isMetadataExpired = true
  await Promise.all([...first, append(0, 'c'), append(1, 'd')])
  assert.deepEqual(cluster.log, [
    ['a', 'c'],
    ['b', 'd'],
  ])
  assert.equal(splits(), 0)
  assert.equal(cluster.opened, 1)
})

// Rule 3: settling alone.
test('after a failed round each batch is sent alone and unchanged, before anything else of its partition', async () => {
  for (const happening of ['lost-reply', 'lost-request', 'not-enough-replicas'] as const) {
    const cluster = new ModelCluster([1, 1])
    const { append, warm, clock } = openLanes(cluster)
    await warm()
    cluster.happenings.push(happening, happening)
    const first = [append(0, 'a'), append(1, 'b')]
    while (cluster.requests.length === 0) await Promise.resolve()
    await Promise.all([...first, append(0, 'c'), append(1, 'd')])
    assert.deepEqual(cluster.log, [
      ['a', 'c'],
      ['b', 'd'],
    ])
    const again = cluster.requests.slice(1).filter(({ values }) => values[0]?.[0] === 'a' || values[1]?.[0] === 'b')
    assert.ok(again.length >= 2)
    for (const { values } of again) assert.ok([{ 0: ['a'] }, { 1: ['b'] }].some((one) => isSame(one, values)))
    assert.equal(clock.slept[0], 50)
  }
})

test('a batch settles on the producer of its round, though the lanes have another one by then', async () => {
  const cluster = new ModelCluster([1, 1, 2])
  const { append, warm } = openLanes(cluster)
  await warm()
  // The round of broker 1 is written; before its loss is known, the sequence of a partition of broker 2 is broken.
  cluster.happenings.push('late-loss', 'fatal', 'fatal')
  const round = [append(0, 'a'), append(1, 'b')]
  await append(2, 'c')
  assert.equal(cluster.opened, 2)
  cluster.loseLate()
  await Promise.all(round)
  assert.deepEqual(cluster.log, [['a'], ['b'], ['c']])
})

test('a partition that lacks replicas keeps no other partition of its leader waiting', async () => {
  const cluster = new ModelCluster([1, 1, 1])
  const { append, warm, lanes } = openLanes(cluster)
  await warm()
  cluster.short.add(0)
  const stuck = append(0, 'a')
  await append(1, 'b')
  await Promise.all([append(1, 'c'), append(2, 'd')])
  assert.equal(lanes[0]?.inFlight, 1)
  cluster.short.clear()
  await stuck
  assert.deepEqual(cluster.log, [['a'], ['b', 'c'], ['d']])
})

test('a partition that waits behind a round without an answer refuses after 7 s too, and is written when it ends', async () => {
  const cluster = new ModelCluster([1, 1])
  const { append, warm, clock, lanes } = openLanes(cluster)
  await warm()
  cluster.happenings.push('late-loss')
  const first = append(0, 'a')
  while (cluster.requests.length === 0) await Promise.resolve()
  const waiting = append(1, 'b')
  clock.time += 6_999
  assert.deepEqual(
    lanes.map(({ isHealthy, isBroken }) => [isHealthy, isBroken]),
    [
      [false, false],
      [false, false],
    ],
  )
  clock.time += 1
  const refused = append(1, 'c')
  await assert.rejects(
    refused,
    (error: unknown) => error instanceof TailraceError && error.code === 'kafka-unavailable',
  )
  cluster.loseLate()
  await Promise.all([first, waiting])
  assert.deepEqual(cluster.log, [['a'], ['b']])
})

// Rule 4: what a round says about its batches.
test('a record that Kafka refuses for good fails alone, not with the round that carried it', async () => {
  const cluster = new ModelCluster([1, 1])
  const { append, warm, observe } = openLanes(cluster)
  await warm()
  cluster.isTooLarge = (value) => value === 'bad'
  const bad = append(1, 'bad')
  const others = [append(0, 'a'), append(1, 'b'), append(0, 'c')]
  await assert.rejects(bad, (error: unknown) => error instanceof TailraceError && error.code === 'event-too-large')
  await Promise.all(others)
  assert.deepEqual(cluster.log, [['a', 'c'], ['b']])
  assert.deepEqual(observe.faults.slice(0, 2), ['ambiguous', 'ambiguous'])
})

test('reads the leaders anew after an error: the next round goes to the new one', async () => {
  const cluster = new ModelCluster([1, 1, 2])
  const { append, warm, observe } = openLanes(cluster)
  await warm()
  cluster.move({ 0: 2, 1: 2 })
  await Promise.all([append(0, 'a'), append(1, 'b')])
  assert.deepEqual(observe.faults, ['ambiguous', 'ambiguous'])
  cluster.requests.length = 0
  await Promise.all([append(0, 'c'), append(1, 'd'), append(2, 'e')])
  assert.deepEqual(
    cluster.requests.map(({ broker, values }) => [broker, values]),
    [[2, { 0: ['c'], 1: ['d'], 2: ['e'] }]],
  )
  assert.deepEqual(cluster.log, [['a', 'c'], ['b', 'd'], ['e']])
})

test('while no producer can be opened each lane tries by itself, and all is written once one can', async () => {
  const cluster = new ModelCluster([1, 1])
  const { append, warm } = openLanes(cluster)
  await warm()
  cluster.happenings.push('fatal', 'fatal')
  const opening = cluster.open
  let refusals = 3
  cluster.open = (see) => {
    refusals -= 1
    return refusals >= 0 ? Promise.reject(new Error('no broker')) : opening.call(cluster, see)
  }
  await Promise.all([append(0, 'a'), append(1, 'b'), append(0, 'c')])
  assert.deepEqual(
    cluster.log.map((log) => log.toSorted()),
    [['a', 'c'], ['b']],
  )
  assert.ok(refusals <= 0)
})

const isSame = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b)
