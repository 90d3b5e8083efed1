import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { jarsFolder } from '../../../services/cli/folders.ts'
import { classPath } from '../../../services/cli/up/broker.ts'
import { startGuarded } from '../../../services/cli/up/child.ts'
import type { Stack } from '../../support/stack.ts'
import { watch } from '../watch.ts'
import { type Measurement, measurementOf } from './measurement.ts'
import { readPerformance } from './performance-output.ts'
import { pidsOf } from './publish.ts'
import type { Scenario } from './scenarios.ts'

export type Kafka = Extract<Scenario, { kind: 'kafka' }>

type Place = { stack: Stack; topic: string; warmUpMs: number; measuredMs: number }

const recordBytes = 1_024
/** Less than it reaches, so that it takes no longer than the other scenarios: it is told records, not seconds. */
const guessedPerSecond = 50_000
/** What Kafka's own script gives it. */
const heap = '-Xmx512m'

/** Runs org.apache.kafka.tools.ProducerPerformance, which lies among the jars of the brokers. CPU is that of all its records. */
export async function measureKafka({ perSecond }: Kafka, place: Place): Promise<Measurement> {
  const records = (ms: number) => Math.ceil(((perSecond ?? guessedPerSecond) * ms) / 1_000)
  const warmUp = records(place.warmUpMs)
  const wanted = warmUp + records(place.measuredMs)
  const startedAt = performance.now()
  const { output, taken } = await run(place, [
    ...['--bootstrap-server', place.stack.brokers.join(','), '--topic', place.topic],
    ...['--num-records', String(wanted), '--warmup-records', String(warmUp), '--record-size', String(recordBytes)],
    ...['--throughput', String(perSecond ?? -1), '--command-property', 'acks=all'],
  ])
  const watchedSeconds = (performance.now() - startedAt) / 1_000
  const { records: sent, measured, perSecond: reached, latencyMs } = readPerformance(output)
  const counted = {
    seconds: measured / reached,
    ...{ events: measured, eventsPerSecond: reached, latencyMs, errors: wanted - sent },
    ...{ outcomes: { sent }, refusal: null },
  }
  return measurementOf(counted, { taken, watchedEvents: sent, watchedSeconds })
}

async function run({ stack }: Place, args: readonly string[]) {
  const pids = await pidsOf(stack)
  const path = join(stack.dir, 'producer-performance.out')
  const output = openSync(path, 'w')
  const java = [heap, 'org.apache.kafka.tools.ProducerPerformance', ...args]
  const child = startGuarded({ command: 'java', args: java, output, env: { CLASSPATH: classPath(jarsFolder) } })
  closeSync(output)
  const watching = watch({ ...pids, load: [child.pid] })
  await child.ended
  return { taken: watching.stop(), output: readFileSync(path, 'utf8') }
}
