import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge } from '../../bench/ingest/goals.ts'
import { type Measurement, measurementOf, middleOf } from '../../bench/ingest/measurement.ts'
import { readPerformance } from '../../bench/ingest/performance-output.ts'
import { reportOf } from '../../bench/ingest/report.ts'
import { scenarios } from '../../bench/ingest/scenarios.ts'
import { kafkaVersion } from '../../bench/machine.ts'

const counted = {
  ...{ seconds: 8, events: 80_000, eventsPerSecond: 10_000, errors: 0, outcomes: { 202: 80_000 }, refusal: null },
  latencyMs: { p50: 5, p99: 20, p999: 30, max: 40 },
}
const taken = {
  cpuSeconds: { producer: 4, brokers: 8, load: 2 },
  residentBytes: { producer: 150 * 1024 * 1024, brokers: 0, load: 0 },
  otherCpuSeconds: 1,
}
const measured = (changes: Partial<Measurement> = {}) => ({ ...measurementOf(counted, { taken }), ...changes })

describe('a measurement', () => {
  it('says CPU for 10,000 events and processors in use', () => {
    const { cpuPer10k, cores, residentMb } = measured()
    assert.deepEqual(cpuPer10k, { producer: 0.5, brokers: 1, load: 0.25 })
    assert.deepEqual(cores, { producer: 0.5, brokers: 1, load: 0.25, others: 0.125 })
    assert.equal(residentMb, 150)
  })

  it('divides by what the processes were watched for, warm-up and all', () => {
    const { cpuPer10k, cores } = measurementOf(counted, { taken, watchedEvents: 160_000, watchedSeconds: 16 })
    assert.deepEqual([cpuPer10k.brokers, cores.brokers], [0.5, 0.5])
  })

  it('is the round in the middle, the worse one of an even number, by p99 where the rate is given', () => {
    const round = (eventsPerSecond: number, p99: number) =>
      measured({ eventsPerSecond, latencyMs: { ...counted.latencyMs, p99 } })
    const rounds = [round(30, 1), round(10, 2), round(20, 3)]
    assert.equal(middleOf(rounds, null)?.eventsPerSecond, 20)
    assert.equal(middleOf(rounds.slice(0, 2), null)?.eventsPerSecond, 10)
    assert.equal(middleOf(rounds, 1_000)?.latencyMs.p99, 2)
    assert.equal(middleOf([], null), undefined)
  })
})

describe('the goals of a scenario', () => {
  it('are named with what was reached where they were missed', () => {
    const goals = { perSecond: 13_000, p99Ms: 25, producerCpu: 0.6, residentMb: 100 }
    const { goals: text, missed } = judge(goals, measured(), undefined)
    assert.equal(text, '≥ 13,000/s, p99 ≤ 25.0 ms, producer ≤ 0.60 s, ≤ 100 MB')
    assert.deepEqual(missed, ['10,000 < 13,000/s', '150 > 100 MB'])
  })

  it('are met at the very figure', () => {
    assert.deepEqual(judge({ perSecond: 10_000, p50Ms: 5, p99Ms: 20 }, measured(), undefined).missed, [])
  })

  it("compare with Kafka's own tool where it ran, and say nothing where something was not measured", () => {
    const kafka = measured({ eventsPerSecond: 20_000 })
    assert.deepEqual(judge({ shareOfKafka: 0.8 }, measured(), kafka).missed, ['0.50 < 0.80 of kafka'])
    assert.equal(judge({ shareOfKafka: 0.8 }, measured(), undefined).goals, '')
    assert.equal(judge({ residentMb: 200 }, measured({ residentMb: Number.NaN }), undefined).goals, '')
  })
})

describe("the end of ProducerPerformance's output", () => {
  const line = (count: string, name: string, rate: string) =>
    `${count}${name} records sent, ${rate} records/sec (71.46 MB/sec), 391.95 ms avg latency, 810.00 ms max latency, 403 ms 50th, 640 ms 95th, 760 ms 99th, 801 ms 99.9th.`
  const progress =
    '120001 records sent, 24000.2 records/sec (23.44 MB/sec), 900.1 ms avg latency, 1500.0 ms max latency.'

  it('gives the rate and latency after the warm-up, and how many records there were in all', () => {
    const output = [progress, line('500000', '', '71000.5'), line('400000', ' steady state', '73179.6'), ''].join('\n')
    assert.deepEqual(readPerformance(output), {
      ...{ records: 500_000, measured: 400_000, perSecond: 73_179.6 },
      latencyMs: { p50: 403, p99: 760, p999: 801, max: 810 },
    })
  })

  it('is an error with all it said when it has no summary', () => {
    assert.throws(() => readPerformance(`${progress}\nno brokers`), /did not finish:[\s\S]*no brokers/)
  })
})

describe('the report', () => {
  const machine = { cores: 2, cpu: 'x', memoryGb: 8, node: 'v24', kafka: '4.3.0', commit: 'abc', load: 1 }
  const row = (name: string, middle: Measurement) => {
    const scenario = scenarios.find((one) => one.name === name)
    assert.ok(scenario !== undefined)
    const verdict = judge(scenario.goals, middle, undefined)
    return (
      reportOf(machine, [{ scenario, rounds: [middle], middle, verdict }])
        .split('\n')
        .at(-1) ?? ''
    )
  }

  it('says which goals were missed', () => {
    assert.match(row('single-64', measured()), /^single-64 +64 +10,000 .* missed: 10,000 < 13,000\/s$/)
    assert.match(row('open-200', measured({ latencyMs: { p50: 1, p99: 2, p999: 3, max: 4 } })), /reached: p50 ≤ 3/)
  })

  it('says plainly that a producer does not take a form, in place of a figure', () => {
    const refused = measured({ events: 0, eventsPerSecond: 0, refusal: { status: 415, body: '{}' } })
    assert.match(row('batch', refused), /not measured: the producer answers 415, it does not take this form$/)
  })

  it("has no figures of the producer beside Kafka's own tool", () => {
    assert.match(row('kafka', measured()), /^kafka +– .* – +1\.00 +0\.25 +– /)
  })
})

it('the version of Kafka is that of its jars', () => {
  assert.equal(kafkaVersion(['a.jar', 'kafka-clients-4.3.0.jar']), '4.3.0')
})
