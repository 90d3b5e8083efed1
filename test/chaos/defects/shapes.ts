import { setTimeout as pause } from 'node:timers/promises'
import { untilHealthy } from '../../support/health.ts'
import type { CourseSetup } from '../course.ts'
import { type Experiment, type Load, type Outcome, openExperiment, type PublishAs } from '../experiment.ts'
import { inject } from '../faults.ts'
import { monotonicNs } from '../history.ts'
import { sumOf } from '../load/until-known.ts'
import { sendBadRequests } from '../probes/bad-requests.ts'
import { sendTwins } from '../probes/twins.ts'
import { tryUnsafeWiring } from '../probes/wiring.ts'
import type { DefectiveStack, Setting } from './switchboard.ts'

/** What happens in a run beside the load, with a defect and without one. */
export type Shape = {
  load: Load
  subscriptions: readonly CourseSetup[]
  /** More deliveries may be repeated on account of what is done. */
  allowedDuplicates?: number
  /** Whether the defect is there from the beginning. */
  isLate?: boolean
  act?(stage: Stage): Promise<void>
}

/** `turn` sets the switch in the middle of a run. */
export type Stage = { stack: DefectiveStack; experiment: Experiment; turn(isOn: boolean): Promise<void> }

/** Always something in flight; some events fail for a second or three; one request in fifty is refused for good. */
const usual: readonly CourseSetup[] = [
  { mode: { kind: 'accept', delayMs: 300 } },
  {
    members: { retry: { scheduleMs: [1_000, 3_000, 6_000, 12_000], giveUpAfterMs: 600_000 } },
    mode: { kind: 'fail', of: { shareOfEvents: 0.03 }, times: 2, asksForRetry: true },
  },
  { mode: { kind: 'answer', status: 422, everyNth: 50 } },
]

const steadyLoad = { ratePerSecond: 150, seconds: 5, keys: 60 }
const quickSchedule = { retry: { scheduleMs: [500, 1_000, 2_000, 4_000, 8_000], giveUpAfterMs: 600_000 } }

export const shapes = {
  steady: { load: steadyLoad, subscriptions: usual },
  probed: {
    load: steadyLoad,
    subscriptions: usual,
    async act({ stack, experiment }) {
      await sendBadRequests(stack, experiment)
      await tryUnsafeWiring(stack, experiment)
    },
  },
  outage: {
    load: { ratePerSecond: 150, seconds: 24, keys: 60 },
    subscriptions: [{ members: quickSchedule }, {}],
    async act({ experiment }) {
      const [down] = experiment.courses
      await pause(9_000)
      await down?.receiver.setMode({ kind: 'answer', status: 503 })
      await pause(11_000)
      await down?.receiver.setMode({ kind: 'accept' })
    },
  },
  stop: {
    load: { ratePerSecond: 900, seconds: 9, keys: 300 },
    subscriptions: [{}],
    async act({ stack, experiment }) {
      for (const round of [0, 1]) {
        await pause(1_500)
        await inject(stack, experiment, { name: 'term-producer', round })
        await untilHealthy(stack)
        experiment.markWhole()
      }
    },
  },
  minority: {
    // One event of each key: what is stored later than acknowledged breaks no order.
    load: { ratePerSecond: 60, seconds: 16, keys: 1_000 },
    subscriptions: [{}],
    allowedDuplicates: 10_000,
    act: freezeTwoBrokers,
  },
  still: {
    load: { ratePerSecond: 60, seconds: 40, keys: 60 },
    subscriptions: [{}],
    isLate: true,
    async act({ turn }) {
      await pause(3_000)
      await turn(true)
      await pause(34_000)
      await turn(false)
    },
  },
  jump: {
    load: { ratePerSecond: 150, seconds: 7, keys: 60 },
    subscriptions: usual,
    isLate: true,
    async act({ experiment, turn }) {
      await pause(2_500)
      experiment.mark('clock-ahead', 'every process')
      await turn(true)
      experiment.markWhole()
    },
  },
} as const satisfies Record<string, Shape>

export type ShapeName = keyof typeof shapes

/** Two such jumps are below what receivers take for an old signature. */
const jumpMs = 120_000
/** A lost event never comes: so long nothing must arrive until nothing more will. */
const quietMs = 9_000
const frozenMs = 9_000

/** One run of a shape, with a defect or with none. */
export async function runShape(stack: DefectiveStack, name: ShapeName, setting: Setting): Promise<Outcome> {
  const shape: Shape = shapes[name]
  const on = name === 'jump' ? { ...setting, jumpMs } : setting
  await untilHealthy(stack)
  await stack.set(shape.isLate === true ? {} : on)
  const experiment = await openExperiment(stack, { subscriptions: shape.subscriptions })
  try {
    const publisher = experiment.publish(shape.load, mainPublisher)
    const turn = (isOn: boolean) => stack.set(isOn ? on : {})
    await shape.act?.({ stack, experiment, turn })
    const twins = name === 'probed' ? await sendTwins(stack, experiment) : { acknowledged: 0 }
    const published = await publisher.finished
    await untilHealthy(stack)
    const none = { due: 0, failedRequests: 0, abandoned: 0 }
    const all = sumOf([published, { ...none, ...twins }])
    const { allowedDuplicates = 0 } = shape
    return await experiment.conclude(Promise.resolve(all), { allowedDuplicates, quietMs, mayFailRequests: true })
  } finally {
    await stack.set({})
    await experiment.close()
  }
}

const mainPublisher: PublishAs = { publisher: 'p1', keyPrefix: 'k' }

/** They keep their connections and say nothing; the one that is left can store nothing for sure. */
async function freezeTwoBrokers({ stack, experiment }: Stage): Promise<void> {
  await pause(3_000)
  const victims = (await stack.processes()).filter(({ service }) => service === 'kafka').slice(0, 2)
  for (const { pid } of victims) process.kill(pid, 'SIGSTOP')
  try {
    experiment.mark('freeze-two-brokers', victims.map((victim) => victim.name).join(' '), monotonicNs())
    await pause(frozenMs)
  } finally {
    experiment.markUndone()
    for (const { pid } of victims) process.kill(pid, 'SIGCONT')
  }
  await untilHealthy(stack)
  experiment.markWhole()
}
