import { fork } from 'node:child_process'
import type { Stack } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import type { LoadMessage, LoadOptions } from '../load/generator.ts'
import type { LoadReport } from '../load/tally.ts'
import { type Taken, watch } from '../watch.ts'
import { type Measurement, measurementOf, type Party } from './measurement.ts'
import type { Scenario } from './scenarios.ts'

export type Publish = Extract<Scenario, { kind: 'publish' }>

/** Where and for how long. */
export type Place = { stack: Stack; stream: string; apiKey: string; warmUpMs: number; measuredMs: number }

/** Loads the producer and says what it took while it was measured. */
export async function measurePublish(scenario: Publish, place: Place): Promise<Measurement> {
  const { stack, stream, apiKey, warmUpMs, measuredMs } = place
  const { keys, events, ownIds, connections, perSecond } = scenario
  await until('the stream is known to the producer', async () => {
    const event = { body: '{}', headers: { 'content-type': 'application/json' }, apiKey }
    return (await stack.api.publish(stream, event)).status === 202
  })
  const address = new URL(stack.publishUrl).host
  const shape = { address, stream, apiKey, keys, events, ownIds }
  const { report, taken } = await load(stack, { shape, connections, perSecond, warmUpMs, measuredMs })
  const { 202: accepted = 0, ...refused } = report.outcomes
  const counted = {
    seconds: report.seconds,
    events: accepted * events,
    eventsPerSecond: (accepted * events) / report.seconds,
    latencyMs: report.latencyMs,
    errors: Object.values(refused).reduce((sum, count) => sum + count, 0),
    outcomes: report.outcomes,
    refusal: report.refusal,
  }
  return measurementOf(counted, { taken })
}

/** The processes of the stack whose CPU is on record. */
export async function pidsOf(stack: Stack): Promise<Record<Exclude<Party, 'load'>, number[]>> {
  const processes = await stack.processes()
  const named = (service: string) => processes.filter((one) => one.service === service).map(({ pid }) => pid)
  return { producer: named('producer'), brokers: named('kafka') }
}

async function load(stack: Stack, options: LoadOptions): Promise<{ report: LoadReport; taken: Taken<Party> }> {
  const pids = await pidsOf(stack)
  const child = fork(new URL('../load/generator.ts', import.meta.url), { execArgv: [] })
  const ended = Promise.withResolvers<{ report: LoadReport; taken: Taken<Party> }>()
  let watching: ReturnType<typeof watch<Party>> | undefined
  let taken: Taken<Party> | undefined
  child.on('message', (message: LoadMessage) => {
    if (message.type === 'measuring') watching = watch({ ...pids, load: [child.pid ?? 0] })
    else if (message.type === 'measured') taken = watching?.stop()
    else if (taken !== undefined) ended.resolve({ report: message.report, taken })
  })
  child.once('error', ended.reject)
  child.once('exit', () => ended.reject(new Error('the load ended before its report')))
  child.send(options)
  return ended.promise
}
