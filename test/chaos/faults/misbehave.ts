import { until } from '../../support/until.ts'
import { type Facts, type FaultSpan, receiptsOf } from '../check/facts.ts'
import type { Course, Experiment } from '../experiment.ts'
import { returnOf } from '../figures/return-of.ts'
import type { ReceiverMode } from '../load/modes.ts'
import { type Figure, rest, type Scene } from './fault.ts'
import { watchConsumers } from './held.ts'

type Misbehaving = { name: string; mode: ReceiverMode; ms: number }

/** One receiver answers in another way for a while, then as usual again. */
export async function misbehave(scene: Scene, { name, mode, ms }: Misbehaving): Promise<void> {
  await whileAnother(scene, name, async ({ receiver }) => {
    await receiver.setMode(mode)
    await rest(scene, ms)
  })
}

/** One receiver is in a mode, as usual, and in that mode again, for `ms` each. */
export async function flap(scene: Scene, { name, mode, ms }: Misbehaving): Promise<void> {
  await whileAnother(scene, name, async ({ receiver, mode: usual = accepts }) => {
    for (const one of [mode, usual, mode]) {
      await receiver.setMode(one)
      await rest(scene, ms)
    }
  })
}

const accepts: ReceiverMode = { kind: 'accept' }

/** The second subscription of the run: the receiver of the first one answers everything well, so that it can be compared. */
export function otherCourse({ courses }: Pick<Experiment, 'courses'>): Course {
  const course = courses[1] ?? courses[0]
  if (course === undefined) throw new Error('the run has no subscription')
  return course
}

async function whileAnother(scene: Scene, name: string, does: (course: Course) => Promise<void>): Promise<void> {
  const { stack, experiment } = scene
  const course = otherCourse(experiment)
  const { receiver, scope, mode = accepts } = course
  const watch = await watchConsumers(stack, Number(new URL(receiver.url).port))
  experiment.mark(name, scope.subscription)
  try {
    await does(course)
  } finally {
    await receiver.setMode(mode)
    experiment.markUndone()
    experiment.tell(`${name}: ${watch.stop()}`)
  }
  const { distinct } = receiver.progress()
  await until('something is delivered to it again', () => receiver.progress().distinct > distinct)
}

/** How many attempts went to the receiver meanwhile, and how soon what waited was delivered after its return. */
export function whatItCost(facts: Facts, name: string): Figure {
  const spans = facts.faults.filter(({ fault }) => fault === name)
  return { text: spans.map((span) => costOf(facts, span)).join('; '), complaints: [] }
}

function costOf(facts: Facts, { fault, victim, ns, undoneNs = Infinity }: FaultSpan): string {
  const attempts = [...receiptsOf(facts, { subscription: victim, stream: '' }).values()].flat()
  const meanwhile = attempts.filter(({ arrivedNs }) => arrivedNs >= ns && arrivedNs < undoneNs)
  const events = new Set(meanwhile.map(({ id }) => id)).size
  const { firstMs, drainMs, waited } = returnOf(facts, victim, undoneNs)
  const seconds = ((undoneNs - ns) / 1e9).toFixed(1)
  const seen = `${fault}: ${meanwhile.length} attempts of ${events} events read in ${seconds} s`
  if (waited === 0) return `${seen}; nothing waited for the return`
  const drained = `${waited} events drained in ${(drainMs / 1_000).toFixed(1)} s`
  return `${seen}; first delivery ${firstMs.toFixed(0)} ms after the return, ${drained}`
}
