import { join } from 'node:path'
import type { System } from '../support/stack.ts'
import { until } from '../support/until.ts'
import type { Scope } from './check/facts.ts'
import type { Sampled } from './commit-samples.ts'
import { type HistoryWriter, monotonicNs } from './history.ts'
import { type Receiver, startReceiver } from './load/children.ts'
import type { ReceiverMode } from './load/modes.ts'
import { type RetryTap, tapRetries } from './retry-tap.ts'

/** Members beside stream and target, and how its receiver answers. */
export type CourseSetup = { members?: object; mode?: ReceiverMode }

/** What the product made for a subscription, and what reads its retry topic. */
export type Subscribed = Sampled & { retries: RetryTap }

/** A receiver and what should reach it; `mode` is how that answers usually. `subscribed` is absent when its deliveries are not the product's. */
export type Course = { scope: Scope; receiver: Receiver; mode?: ReceiverMode; subscribed?: Subscribed }

export type CourseOptions = CourseSetup & {
  run: string
  stream: string
  topic: string
  folder: string
  subscription: string
  history: HistoryWriter
}

/** Creates a subscription with a receiver of its own and reads its retry topic from the beginning. */
export async function openCourse({ api, brokers, receivers }: System, options: CourseOptions) {
  const { run, stream, topic, folder, subscription, history, members = {}, mode = { kind: 'accept' } } = options
  const file = join(folder, `${subscription}.jsonl`)
  const receiver = await startReceiver({ run, actor: subscription, history: file, ...receivers })
  await receiver.setMode(mode)
  const targets = [{ url: `${receiver.url}/` }]
  const created = await api.putSubscription(subscription, { ...members, stream, destination: { targets } })
  if (created.signingSecret === undefined) throw new Error(`${subscription} was created without a signing secret`)
  receiver.useSecret(created.signingSecret)
  const { group, retryTopic, retry, delivery } = created
  const retries = tapRetries({ brokers, run, subscription, topic: retryTopic }, history.append)
  await until(`${subscription} is active`, async () => (await api.subscription(subscription)).status.phase === 'active')
  const { scheduleMs, giveUpAfterMs } = retry
  const scope = {
    subscription,
    stream,
    scheduleMs,
    giveUpAfterMs,
    timeoutMs: delivery.timeoutMs,
    sinceNs: monotonicNs(),
  }
  return { scope, receiver, mode, subscribed: { subscription, group, topic, retryTopic, retries } } satisfies Course
}
