import type { ChildProcess } from 'node:child_process'
import { firstMessage } from '../../support/first-message.ts'
import type { Stack } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import { type Experiment, type Outcome, openExperiment } from '../experiment.ts'
import { forkBeside } from '../load/children.ts'
import type { SmallConsumerOptions } from './small-consumer.ts'

/** A short quiet time, because some events never come; no repeat is counted. */
const limits = { allowedDuplicates: 100_000, quietMs: 7_000 }
const subscription = 'small'
/** All of it is there before anybody delivers: whoever is killed or frozen has work left, however fast the machine is. */
const backlog = { ratePerSecond: 600, seconds: 4, keys: 60 }

/** Kills a small consumer in the middle of its work; a second one takes over. */
export function takeOver(stack: Stack, commitFirst: boolean): Promise<Outcome> {
  return withSmallConsumers(stack, async ({ experiment, start }) => {
    const receiver = await experiment.addReceiver(subscription)
    const options = { targetUrl: receiver.url, commitFirst, deliversWhenLost: false }
    const published = await experiment.publish(backlog).finished
    const first = await start(options)
    // Before its first commit there is nothing that a killed one could lose.
    await until('it is at work', () => receiver.progress().distinct > 50)
    first.kill('SIGKILL')
    // It owns nothing until the session of the killed one, 6 s, is over.
    const second = await start(options)
    const outcome = await experiment.conclude(Promise.resolve(published), limits)
    if (second.exitCode !== null) throw new Error('the second process crashed')
    return outcome
  })
}

/** Freezes a small consumer in the middle of its work; a second one takes over, and the first one wakes. */
export async function awaken(stack: Stack, deliversWhenLost: boolean): Promise<Outcome> {
  return withSmallConsumers(stack, async ({ experiment, start }) => {
    const fences = `${experiment.run}-fences`
    const { topic: fenceTopic } = await stack.api.putStream(fences)
    try {
      const receiver = await experiment.addReceiver(subscription, fenceTopic)
      const options = { targetUrl: receiver.url, fenceTopic, commitFirst: false, deliversWhenLost }
      const published = await experiment.publish(backlog).finished
      const first = await start(options)
      await until('it is at work', () => receiver.progress().distinct > 50)
      first.kill('SIGSTOP')
      const known = receiver.progress().distinct
      await start(options)
      // More than it can deliver within the second in which the first one may still be heard.
      await until('the second one delivers', () => receiver.progress().distinct > known + 400)
      first.kill('SIGCONT')
      return await experiment.conclude(Promise.resolve(published), limits)
    } finally {
      await stack.api.deleteStream(fences)
    }
  })
}

type Own = Omit<SmallConsumerOptions, 'brokers' | 'topic' | 'group' | 'subscription'>
type Scene = { experiment: Experiment; start(own: Own): Promise<ChildProcess> }

/** No subscription of the product in it; ends whatever was started. */
async function withSmallConsumers(stack: Stack, play: (scene: Scene) => Promise<Outcome>): Promise<Outcome> {
  const experiment = await openExperiment(stack, { subscriptions: [] })
  const children: ChildProcess[] = []
  const start = async (own: Own) => {
    const names = { topic: experiment.topic, group: `test.small.${experiment.run}`, subscription }
    const child = forkBeside('../defects/small-consumer.ts')
    children.push(child)
    child.send({ ...names, ...own, brokers: stack.brokers } satisfies SmallConsumerOptions)
    await firstMessage(child, 'the small consumer')
    return child
  }
  try {
    return await play({ experiment, start })
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await experiment.close()
  }
}
