import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TailraceError } from '#shared/errors.ts'
import { Lane } from '#shared/kafka/lane.ts'
import { bytesOf, toMessage } from '#shared/kafka/record-mapping.ts'
import { sendByPartition } from '#shared/kafka/send-by-partition.ts'
import { resendDelayMs } from '#shared/kafka/settle.ts'
import { CountingObserver, FakeClock, FakePartition, kafkaError, type Outcome, textRecord } from './fakes.ts'

const openLane = (partition: FakePartition) => {
  const clock = new FakeClock()
  const observe = new CountingObserver()
  const sender = sendByPartition(partition, clock)
  const lane = new Lane({ topic: 'events', partition: 3, sender, clock, observe })
  const append = (value: string) => lane.append(toMessage(textRecord(value), 3), bytesOf(textRecord(value)))
  return { lane, clock, observe, append }
}

const codeOf = (code: string) => (error: unknown) => error instanceof TailraceError && error.code === code

const settled = async <T>(promises: Promise<T>[]) =>
  (await Promise.allSettled(promises)).map((result) => (result.status === 'fulfilled' ? result.value : 'refused'))

test('appends in order and answers each record with its own offset', async () => {
  const partition = new FakePartition()
  const { append } = openLane(partition)
  const offsets = await Promise.all(['a', 'b', 'c'].map(append))
  assert.deepEqual(offsets, [0, 1, 2])
  assert.deepEqual(partition.log, ['a', 'b', 'c'])
})

test('sends what queued during a send as one batch, at most 500 records', async () => {
  const partition = new FakePartition()
  const { append } = openLane(partition)
  await Promise.all(Array.from({ length: 1_201 }, (_, index) => append(String(index))))
  assert.deepEqual(
    partition.sends.map((send) => send.values.length),
    [500, 500, 201],
  )
})

test('keeps a batch below 800 kB', async () => {
  const partition = new FakePartition()
  const { append } = openLane(partition)
  await Promise.all(['a', 'b', 'c'].map((letter) => append(letter.repeat(300_000))))
  assert.deepEqual(
    partition.sends.map((send) => send.values.length),
    [2, 1],
  )
})

test('repeats the identical batch on the same producer after an ambiguous failure, before anything else', async () => {
  const partition = new FakePartition(['lost-reply', 'lost-request', 'ok'])
  const { append, clock } = openLane(partition)
  const first = append('a')
  await Promise.resolve()
  const offsets = await Promise.all([first, append('b')])
  assert.deepEqual(partition.log, ['a', 'b'])
  assert.deepEqual(offsets, [0, 1])
  assert.deepEqual(
    partition.sends.slice(0, 3).map((send) => [send.producer, send.values]),
    [0, 1, 2].map(() => [0, partition.sends[0]?.values]),
  )
  assert.deepEqual(clock.slept, [50, 100])
})

test('waits 50, 100, 200 and then always 300 ms between sends of the same batch', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 50].map(resendDelayMs), [50, 100, 200, 300, 300, 300])
})

test('takes a new producer only after a fatal sequence error', async () => {
  const partition = new FakePartition(['lost-request', 'lost-request', 'fatal', 'ok'])
  const { append, observe } = openLane(partition)
  assert.equal(await append('a'), 0)
  assert.deepEqual(
    partition.sends.map((send) => send.producer),
    [0, 0, 0, 1],
  )
  assert.deepEqual(observe.faults, ['ambiguous', 'ambiguous', 'producer-fatal'])
})

for (const outcome of ['odd-reply', 'odd-refusal'] as const) {
  test(`what Kafka says in a code that nobody knows ends the whole batch as unknown, and nothing after it is taken for it (${outcome})`, async () => {
    const partition = new FakePartition([outcome])
    const { lane, append, clock, observe } = openLane(partition)
    for (const one of ['a', 'b'].map(append)) await assert.rejects(one, codeOf('outcome-unknown'))
    assert.deepEqual([clock.slept, observe.faults, lane.inFlight], [[], ['unexplained'], 0])
    const written = outcome === 'odd-reply' ? ['a', 'b'] : []
    assert.deepEqual(await Promise.all(['c', 'd'].map(append)), [written.length, written.length + 1])
    assert.deepEqual(partition.log, [...written, 'c', 'd'])
    assert.deepEqual(
      partition.sends.map(({ producer }) => producer),
      [0, 1],
    )
  })
}

test('a batch that may be written ends as unknown too when its repetition is answered so', async () => {
  const partition = new FakePartition(['lost-reply', 'odd-refusal'])
  const { append } = openLane(partition)
  const first = append('a')
  await Promise.resolve()
  const [second, third] = [append('b'), append('c')]
  await assert.rejects(first, codeOf('outcome-unknown'))
  assert.deepEqual(await Promise.all([second, third]), [1, 2])
  assert.deepEqual(partition.log, ['a', 'b', 'c'])
})

test('fails only the record that Kafka refuses for good and keeps the order of its neighbours', async () => {
  const partition = new FakePartition([], (value) => (value === 'bad' ? kafkaError('MESSAGE_TOO_LARGE') : undefined))
  const { append } = openLane(partition)
  const answers = await settled(['a', 'b', 'bad', 'c', 'd', 'e'].map(append))
  assert.deepEqual(partition.log, ['a', 'b', 'c', 'd', 'e'])
  assert.deepEqual(answers, [0, 1, 'refused', 2, 3, 4])
})

test('names the refusal: too large is event-too-large, an invalid record is event-invalid', async () => {
  const refusals = { big: kafkaError('MESSAGE_TOO_LARGE'), odd: kafkaError('INVALID_RECORD') }
  const partition = new FakePartition([], (value) => Reflect.get(refusals, value))
  const { append } = openLane(partition)
  await assert.rejects(append('big'), codeOf('event-too-large'))
  await assert.rejects(append('odd'), codeOf('event-invalid'))
})

test('gives up on a topic that stays unknown for 15 s, not before', async () => {
  const partition = new FakePartition([], () => kafkaError('UNKNOWN_TOPIC_OR_PARTITION'))
  const { append, clock } = openLane(partition)
  await assert.rejects(append('a'), codeOf('stream-unknown'))
  assert.ok(clock.time >= 15_000 && clock.time < 16_000, `gave up after ${clock.time} ms`)
})

test('does not give up on a topic that a starting broker does not know, however long the outage before was', async () => {
  const outage = 100
  const lost = Array.from({ length: outage }, (): Outcome => 'lost-request')
  const partition: FakePartition = new FakePartition(lost, () => {
    const isStarting = partition.sends.length > outage && partition.sends.length <= outage + 5
    return isStarting ? kafkaError('UNKNOWN_TOPIC_OR_PARTITION') : undefined
  })
  const { append, clock } = openLane(partition)
  assert.equal(await append('a'), 0)
  assert.ok(clock.time > 20_000)
})

for (const [name, refusal] of [
  ['a topic that nobody knows any more', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['a refusal for good', 'MESSAGE_TOO_LARGE'],
] as const) {
  test(`what may be written ends as unknown at ${name}, and nothing after it is taken for it`, async () => {
    let isRefusing = false
    const partition = new FakePartition(['lost-reply'], () => (isRefusing ? kafkaError(refusal) : undefined))
    const { append } = openLane(partition)
    const first = append('a')
    while (partition.log.length === 0) await Promise.resolve()
    isRefusing = true
    await assert.rejects(first, codeOf('outcome-unknown'))
    isRefusing = false
    assert.equal(await append('b'), 1)
    assert.deepEqual(partition.log, ['a', 'b'])
    assert.equal(partition.sends.at(-1)?.producer, 1)
  })
}

test('what may be written stays with its producer, also when that one does not know the topic and there is another', async () => {
  let isUnknown = false
  const partition = new FakePartition(['lost-reply'], () =>
    isUnknown ? kafkaError('UNKNOWN_TOPIC_OR_PARTITION') : undefined,
  )
  const { lane, append } = openLane(partition)
  const first = append('a')
  while (partition.log.length === 0) await Promise.resolve()
  isUnknown = true
  const { retire } = await partition.lease()
  retire()
  while (lane.failures < 5) await Promise.resolve()
  isUnknown = false
  assert.equal(await first, 0)
  assert.deepEqual(partition.log, ['a'])
})

test('a producer that knows the topic no more does not speak for the next one', async () => {
  const partition: FakePartition = new FakePartition(['lost-reply'], () => {
    const isUnknown = partition.log.length > 0 && partition.sends.at(-1)?.producer === 0
    return isUnknown ? kafkaError('UNKNOWN_TOPIC_OR_PARTITION') : undefined
  })
  const { lane, append } = openLane(partition)
  const first = append('a')
  while (lane.inFlight === 0) await Promise.resolve()
  const second = append('b')
  await assert.rejects(first, codeOf('outcome-unknown'))
  assert.equal(await second, 1)
  assert.deepEqual(partition.log, ['a', 'b'])
})

test('what waits behind a topic that is unknown for good is refused with the batch in flight', async () => {
  const partition = new FakePartition([], () => kafkaError('UNKNOWN_TOPIC_OR_PARTITION'))
  const { append, clock } = openLane(partition)
  const all = Array.from({ length: 1_201 }, (_, index) => append(String(index)))
  for (const one of all) await assert.rejects(one, codeOf('stream-unknown'))
  assert.ok(clock.time < 16_000, `the last was refused after ${clock.time} ms`)
})

test('refuses at once while the oldest batch is unacknowledged for 7 s, and takes records again after the next answer', async () => {
  const partition = new FakePartition(['silence'])
  const { lane, append, clock } = openLane(partition)
  const first = append('a')
  while (lane.inFlight === 0) await Promise.resolve()
  clock.time += 6_999
  const second = append('b')
  clock.time += 1
  assert.equal(lane.isBroken, true)
  await assert.rejects(append('c'), codeOf('kafka-unavailable'))
  partition.breakSilence()
  assert.deepEqual(await Promise.all([first, second]), [0, 1])
  assert.equal(lane.isBroken, false)
  assert.equal(await append('d'), 2)
  assert.deepEqual(partition.log, ['a', 'b', 'd'])
})

test('keeps re-sending the batch in flight after a drop, so that its sequence number is never given to other data', async () => {
  const partition = new FakePartition(['silence', 'ok', 'ok'])
  const { lane, append } = openLane(partition)
  const first = append('a')
  while (lane.inFlight === 0) await Promise.resolve()
  const second = append('b')
  lane.drop(new TailraceError('kafka-unavailable', 'given up'))
  await assert.rejects(second, codeOf('kafka-unavailable'))
  const third = append('c')
  partition.breakSilence()
  assert.deepEqual(await Promise.all([first, third]), [0, 1])
  assert.deepEqual(partition.log, ['a', 'c'])
})

test('bounds the bytes that may queue', async () => {
  const partition = new FakePartition(['silence'])
  const { lane, append } = openLane(partition)
  const accepted = [append('first')]
  while (lane.inFlight === 0) await Promise.resolve()
  const megabyte = 'x'.repeat(1024 * 1024)
  for (let count = 0; count < 31; count += 1) accepted.push(append(megabyte))
  await assert.rejects(append(megabyte), codeOf('overloaded'))
  partition.breakSilence()
  await Promise.all(accepted)
  assert.equal(lane.queued, 0)
})

test('under any mixture of lost requests and lost replies every record is in the log exactly once, in order', async () => {
  const outcome = fc.constantFrom<Outcome>('ok', 'ok', 'lost-reply', 'lost-request')
  const property = fc.asyncProperty(
    fc.array(outcome, { maxLength: 60 }),
    fc.array(fc.nat(7), { maxLength: 30 }),
    async (outcomes, bursts) => {
      const partition = new FakePartition([...outcomes])
      const { append } = openLane(partition)
      const appended: Promise<number>[] = []
      for (const burst of bursts) {
        for (let index = 0; index <= burst; index += 1) appended.push(append(String(appended.length)))
        await Promise.resolve()
      }
      const offsets = await Promise.all(appended)
      assert.deepEqual(partition.log, [...offsets.keys()].map(String))
      assert.deepEqual(offsets, [...offsets.keys()])
    },
  )
  await fc.assert(property)
})

test('a broken sequence may repeat records but loses none', async () => {
  const outcome = fc.constantFrom<Outcome>('ok', 'lost-reply', 'lost-request', 'fatal')
  const property = fc.asyncProperty(
    fc.array(outcome, { maxLength: 60 }),
    fc.integer({ min: 1, max: 40 }),
    async (outcomes, count) => {
      const partition = new FakePartition([...outcomes])
      const { append } = openLane(partition)
      const offsets = await Promise.all(Array.from({ length: count }, (_, index) => append(String(index))))
      for (const [index, offset] of offsets.entries()) assert.equal(partition.log[offset], String(index))
      assert.deepEqual(
        offsets.toSorted((a, b) => a - b),
        offsets,
      )
    },
  )
  await fc.assert(property)
})
