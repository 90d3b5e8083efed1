/*
 * What one producer still stores when it is offered more than it can take: finds its peak, then offers twice and ten times
 * as much without waiting for answers, and looks at the peak again after each. Prints a table; asserts nothing. Needs KAFKA_BROKERS;
 * `node test/bench/overload.ts [seconds a step] [connections]`. The client is this process, the producer another.
 */

import { createInstallation } from '../integration/producer/fixture.ts'
import { startProducerProcess } from '../support/producer-process.ts'
import { type Outcomes, openFlood, type Place } from './load/flood.ts'
import { usageOf } from './processes.ts'

const stepMs = Number(process.argv[2] ?? 15) * 1_000
const mostConnections = Number(process.argv[3] ?? 4_000)
const peakConnections = 256
const body = JSON.stringify({ order: 'x'.repeat(1_010) })

const closers: (() => Promise<void>)[] = []
const installation = await createInstallation({ after: (close) => void closers.push(close) })
try {
  await installation.createStream('bench', { partitions: 6 })
  const key = await installation.createKey(['publish:*'])
  const { port, child } = await startProducerProcess({
    env: installation.env,
    execArgv: process.env.BENCH_NODE_OPTIONS?.split(' ') ?? [],
    defer: installation.defer,
  })
  const place: Place = { host: '127.0.0.1', port, request: requestOf(key) }
  const producer = child.pid ?? Number.NaN
  // Far more than fits, on few connections: each is busy all the time, as in a closed loop.
  await step({ producer, place, perSecond: 60_000, connections: peakConnections, ms: 5_000 })
  const peak = () => step({ producer, place, perSecond: 60_000, connections: peakConnections, ms: stepMs })
  // The machine is not equally fast all the time: each overload is held against the peaks right before and after it.
  let before = await peak()
  printPeak(before)
  for (const times of [2, 10]) {
    const offered = times * rateOf(before)
    const outcomes = await step({ producer, place, perSecond: offered, connections: mostConnections, ms: stepMs })
    const after = await peak()
    const share = rateOf(outcomes) / ((rateOf(before) + rateOf(after)) / 2)
    print(`${times} x peak`, outcomes, `offered ${offered.toFixed(0)}/s: ${(share * 100).toFixed(0)} % of the peak`)
    printPeak(after)
    before = after
  }
} finally {
  for (const close of closers) await close()
}

function requestOf(key: string): Buffer {
  const lines = [
    'POST /v1/streams/bench/events HTTP/1.1',
    'host: bench',
    `authorization: Bearer ${key}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** CPU seconds of the client, which is this process, and of the producer; its memory at the end. */
type Measured = Outcomes & { clientSeconds: number; producerSeconds: number; residentBytes: number }
type Step = { producer: number; place: Place; perSecond: number; connections: number; ms: number }

async function step({ producer, place, perSecond, connections, ms }: Step): Promise<Measured> {
  const flood = openFlood(place, connections)
  try {
    const [client, before] = [process.cpuUsage(), usageOf(producer)]
    const outcomes = await flood.run(perSecond, ms)
    const [{ user, system }, { cpuSeconds, residentBytes }] = [process.cpuUsage(client), usageOf(producer)]
    const clientSeconds = (user + system) / 1e6
    return { ...outcomes, clientSeconds, producerSeconds: cpuSeconds - before.cpuSeconds, residentBytes }
  } finally {
    flood.close()
  }
}

function rateOf({ stored }: Outcomes): number {
  return stored / (stepMs / 1_000)
}

function printPeak(outcomes: Measured): void {
  print('peak', outcomes, `${peakConnections} connections`)
}

function print(name: string, outcomes: Measured, what: string): void {
  const { stored, refused, refusedMs, storedMs, other, broken, unsent } = outcomes
  const perTenThousand = (seconds: number) => ((seconds / stored) * 10_000).toFixed(2)
  console.log(
    [
      `${name.padEnd(9)} ${what}; stored ${rateOf(outcomes).toFixed(0)}/s`,
      `p50 ${at(storedMs, 0.5)} ms p99 ${at(storedMs, 0.99)} ms`,
      `refused ${(refused / (stepMs / 1_000)).toFixed(0)}/s p50 ${at(refusedMs, 0.5)} ms p99 ${at(refusedMs, 0.99)} ms`,
      `other ${other}, broken ${broken}, not sent ${(unsent / (stepMs / 1_000)).toFixed(0)}/s`,
      `CPU for 10,000 stored: producer ${perTenThousand(outcomes.producerSeconds)} s, client ${perTenThousand(outcomes.clientSeconds)} s`,
      `RSS ${(outcomes.residentBytes / 1e6).toFixed(0)} MB`,
    ].join('; '),
  )
}

function at(values: readonly number[], share: number): string {
  const sorted = Float64Array.from(values).sort()
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0)
}
