/*
 * What one producer still stores when it is offered more than it can take: finds its peak, then offers twice and ten times
 * as much without waiting for answers. Prints a table; asserts nothing. Needs KAFKA_BROKERS;
 * `node test/bench/overload.ts [seconds a step] [connections]`. The client is this process, the producer another.
 */

import { request } from 'undici'
import { createInstallation } from '../integration/producer/fixture.ts'
import { startProducerProcess } from '../support/producer-process.ts'
import { type Outcomes, openFlood, type Place } from './load/flood.ts'

const stepMs = Number(process.argv[2] ?? 15) * 1_000
const mostConnections = Number(process.argv[3] ?? 4_000)
const peakConnections = 256
const body = JSON.stringify({ order: 'x'.repeat(1_010) })

const closers: (() => Promise<void>)[] = []
const installation = await createInstallation({ after: (close) => void closers.push(close) })
try {
  await installation.createStream('bench', { partitions: 6 })
  const key = await installation.createKey(['publish:*'])
  const { port, adminUrl } = await startProducerProcess({
    env: installation.env,
    execArgv: process.env.BENCH_NODE_OPTIONS?.split(' ') ?? [],
    defer: installation.defer,
  })
  const place: Place = { host: '127.0.0.1', port, request: requestOf(key) }
  // Far more than fits, on few connections: each is busy all the time, as in a closed loop.
  await step({ place, perSecond: 60_000, connections: peakConnections, ms: 5_000 })
  const peak = await step({ place, perSecond: 60_000, connections: peakConnections, ms: stepMs })
  const peakRate = rateOf(peak)
  await print('peak', { outcomes: peak, offered: peakRate, peakRate, adminUrl })
  for (const times of [2, 10]) {
    const offered = times * peakRate
    const outcomes = await step({ place, perSecond: offered, connections: mostConnections, ms: stepMs })
    await print(`${times} x peak`, { outcomes, offered, peakRate, adminUrl })
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

type Step = { place: Place; perSecond: number; connections: number; ms: number }

async function step({ place, perSecond, connections, ms }: Step): Promise<Outcomes> {
  const flood = openFlood(place, connections)
  try {
    return await flood.run(perSecond, ms)
  } finally {
    flood.close()
  }
}

function rateOf({ stored }: Outcomes): number {
  return stored / (stepMs / 1_000)
}

type Row = { outcomes: Outcomes; offered: number; peakRate: number; adminUrl: string }

async function print(name: string, { outcomes, offered, peakRate, adminUrl }: Row): Promise<void> {
  const { refused, refusedMs, storedMs, other, broken, unsent } = outcomes
  const rate = rateOf(outcomes)
  const share = ((rate / peakRate) * 100).toFixed(0)
  console.log(
    [
      `${name.padEnd(9)} offered ${offered.toFixed(0)}/s: stored ${rate.toFixed(0)}/s = ${share} % of the peak`,
      `p50 ${at(storedMs, 0.5)} ms p99 ${at(storedMs, 0.99)} ms`,
      `refused ${(refused / (stepMs / 1_000)).toFixed(0)}/s p50 ${at(refusedMs, 0.5)} ms p99 ${at(refusedMs, 0.99)} ms`,
      `other ${other}, broken ${broken}, not sent ${(unsent / (stepMs / 1_000)).toFixed(0)}/s`,
      `RSS ${(await rssMegabytes(adminUrl)).toFixed(0)} MB`,
    ].join('; '),
  )
}

function at(values: readonly number[], share: number): string {
  const sorted = Float64Array.from(values).sort()
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0)
}

async function rssMegabytes(adminUrl: string): Promise<number> {
  const text = await (await request(`${adminUrl}/metrics`)).body.text()
  return Number(/^process_resident_memory_bytes\S* ([\d.e+-]+)/m.exec(text)?.[1]) / 1e6
}
