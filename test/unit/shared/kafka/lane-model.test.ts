import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { Lane, type LaneSender } from '#shared/kafka/lane.ts'
import { ProducerSource } from '#shared/kafka/lane-producers.ts'
import { bytesOf, toMessage } from '#shared/kafka/record-mapping.ts'
import { LeaderSender } from '#shared/kafka/send-by-leader.ts'
import { sendByPartition } from '#shared/kafka/send-by-partition.ts'
import { CountingObserver, FakeClock, textRecord } from './fakes.ts'
import { type Happening, ModelCluster } from './model-cluster.ts'

const partitions = 5
const brokers = 3

type Step =
  | { kind: 'append'; to: number[] }
  | { kind: 'move'; partition: number; leader: number }
  | { kind: 'expire' }
  | { kind: 'turns'; count: number }

const partition = fc.nat(partitions - 1)
const leader = fc.integer({ min: 1, max: brokers })
const move = fc.record({ kind: fc.constant('move' as const), partition, leader })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('append' as const), to: fc.array(partition, { maxLength: 8 }) }),
  },
  { weight: 2, arbitrary: move },
  { weight: 1, arbitrary: fc.constant({ kind: 'expire' as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 4 }) }) },
)
const moves = fc.array(fc.oneof(fc.constant({}), fc.dictionary(partition.map(String), leader, { maxKeys: 2 })), {
  maxLength: 30,
})
const mostlyGood: Happening[] = ['ok', 'ok', 'lost-request', 'lost-reply', 'not-enough-replicas']
const happeningsOf = (kinds: Happening[]) => fc.array(fc.constantFrom(...kinds), { maxLength: 40 })
/** As many answers in a row as it takes to give a topic up. */
const unknown = Array.from({ length: 120 }, (): Happening => 'unknown-topic')
const withUnknown = fc
  .tuple(happeningsOf(mostlyGood), happeningsOf(mostlyGood))
  .map(([before, after]) => [...before, ...unknown, ...after])
const steps = fc.array(step, { minLength: 1, maxLength: 25 })

const senders: Record<string, (cluster: ModelCluster, clock: FakeClock) => LaneSender> = {
  leader: (cluster, clock) => {
    const producers = new ProducerSource(() => cluster.open(sender.see))
    const sender: LeaderSender = new LeaderSender({ producers, clock, onSplit: () => undefined })
    return sender
  },
  partition: (cluster, clock) => sendByPartition(new ProducerSource(() => cluster.open()), clock),
}

type Sent = { partition: number; value: string; offset: number }

type Course = { clock: FakeClock; taken: Step[]; later?: Step[] }

/**
 * Takes the steps and waits for the end of everything, then those that come later; what was acknowledged, in the order it
 * was appended.
 */
async function run(cluster: ModelCluster, sender: LaneSender, { clock, taken, later = [] }: Course) {
  const observe = new CountingObserver()
  const lanes = cluster.log.map((_, number) => new Lane({ topic: 'events', partition: number, sender, clock, observe }))
  const appended: Promise<Sent | undefined>[] = []
  const append = async (number: number, value: string): Promise<Sent | undefined> => {
    const record = textRecord(value)
    // Refused at once when the lane is broken: then it must not be stored either.
    const offset = await lanes[number]?.append(toMessage(record, number), bytesOf(record)).catch(() => undefined)
    return offset === undefined ? undefined : { partition: number, value, offset }
  }
  for (const part of [taken, later]) {
    for (const one of part) {
      if (one.kind === 'append') for (const to of one.to) appended.push(append(to, `event ${appended.length}`))
      else if (one.kind === 'move') cluster.move({ [one.partition]: one.leader })
      else if (one.kind === 'expire') cluster.isMetadataExpired = true
      else for (let turn = 0; turn < one.count; turn += 1) await nextTurn()
    }
    await Promise.all(appended)
  }
  return (await Promise.all(appended)).filter((sent) => sent !== undefined)
}

const clusterOf = (happenings: Happening[], during: Record<string, number>[]) => {
  const cluster = new ModelCluster(Array.from({ length: partitions }, (_, number) => 1 + (number % brokers)))
  cluster.happenings.push(...happenings)
  cluster.moves.push(...during)
  return cluster
}

for (const [kind, open] of Object.entries(senders)) {
  test(`${kind} lanes write every record once and in order, whatever requests, replies and leaders get lost or move`, async () => {
    const property = fc.asyncProperty(steps, happeningsOf(mostlyGood), moves, async (taken, happenings, during) => {
      const cluster = clusterOf(happenings, during)
      const clock = new FakeClock()
      const sent = await run(cluster, open(cluster, clock), { clock, taken })
      for (const [number, log] of cluster.log.entries()) {
        const here = sent.filter((one) => one.partition === number)
        assert.deepEqual(
          log,
          here.map(({ value }) => value),
        )
        assert.deepEqual(
          here.map(({ offset }) => offset),
          [...log.keys()],
        )
      }
    })
    await fc.assert(property, { numRuns: 300 })
  })

  test(`${kind} lanes acknowledge nothing that is not in the log and write nothing twice, also when they gave up what may be written`, async () => {
    const property = fc.asyncProperty(steps, steps, withUnknown, async (taken, later, happenings) => {
      const cluster = clusterOf(happenings, [])
      const clock = new FakeClock()
      const sent = await run(cluster, open(cluster, clock), { clock, taken, later })
      for (const { partition: number, value, offset } of sent) assert.equal(cluster.log[number]?.[offset], value)
      for (const log of cluster.log) assert.deepEqual(log, [...new Set(log)], 'nothing is written twice')
    })
    await fc.assert(property, { numRuns: 300 })
  })

  test(`${kind} lanes whose sequence breaks may write records twice but lose none and keep the order`, async () => {
    const property = fc.asyncProperty(
      steps,
      happeningsOf([...mostlyGood, 'fatal']),
      moves,
      async (taken, happenings, during) => {
        const cluster = clusterOf(happenings, during)
        const clock = new FakeClock()
        const sent = await run(cluster, open(cluster, clock), { clock, taken })
        for (const { partition: number, value, offset } of sent) assert.equal(cluster.log[number]?.[offset], value)
        for (const number of cluster.log.keys()) {
          const offsets = sent.filter((one) => one.partition === number).map(({ offset }) => offset)
          assert.deepEqual(
            offsets.toSorted((a, b) => a - b),
            offsets,
          )
        }
      },
    )
    await fc.assert(property, { numRuns: 300 })
  })
}
