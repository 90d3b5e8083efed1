import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { describe, it, type TestContext } from 'node:test'
import { startLyingGateway } from '../chaos/defects/lying-gateway.ts'
import type { SmallConsumerOptions } from '../chaos/defects/small-consumer.ts'
import { type Experiment, type Outcome, openExperiment } from '../chaos/experiment.ts'
import { forkBeside } from '../chaos/load/children.ts'
import type { PublisherProgress } from '../chaos/load/until-known.ts'
import { defer } from '../support/defer.ts'
import { useStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

type Ending = { published: Promise<PublisherProgress>; quietMs: number }

/** A short quiet time, because some events never come; a history of its own that nobody needs afterwards. */
async function concludeQuietly(t: TestContext, experiment: Experiment, { published, quietMs }: Ending) {
  const outcome = await experiment.conclude(published, { allowedDuplicates: 100_000, quietMs })
  defer(t, () => rm(outcome.folder, { recursive: true, force: true }))
  return outcome
}

const broken = ({ judgements }: Outcome): string[] =>
  judgements.flatMap(({ judgement }) => judgement.verdicts.filter((one) => !one.holds).map((one) => one.invariant))

const offencesOf = ({ judgements }: Outcome): string[] =>
  judgements.flatMap(({ judgement }) => judgement.verdicts.flatMap((one) => one.offences.map(({ what }) => what)))

async function startSmallConsumer(t: TestContext, options: SmallConsumerOptions): Promise<ChildProcess> {
  const child = forkBeside('../defects/small-consumer.ts')
  defer(t, () => child.kill('SIGKILL'))
  child.send(options)
  const crash = once(child, 'exit').then(() => assert.fail('the small consumer crashed'))
  await Promise.race([once(child, 'message'), crash])
  crash.catch(() => undefined)
  return child
}

/** Kills a small consumer in the middle of its work; a second one takes over. */
async function takeover(t: TestContext, commitFirst: boolean): Promise<Outcome> {
  const stack = await useStack(t)
  const experiment = await openExperiment(stack, { subscriptions: [] })
  defer(t, () => experiment.close())
  const { brokers } = stack
  const receiver = await experiment.addReceiver('small')
  const names = { topic: experiment.topic, group: `test.small.${experiment.run}`, subscription: 'small' }
  const options = { ...names, brokers, targetUrl: receiver.url, commitFirst, deliversWhenLost: false }
  const first = await startSmallConsumer(t, options)
  const publisher = experiment.publish({ ratePerSecond: 600, seconds: 3, keys: 60 })
  // Before its first commit there is nothing that a killed one could lose.
  await until('it is at work on a backlog', () => {
    const { distinct } = receiver.progress()
    return distinct > 50 && publisher.progress().acknowledged > distinct + 200
  })
  first.kill('SIGKILL')
  const second = await startSmallConsumer(t, options)
  // Nothing comes until the session of the killed one, 6 s, is over.
  const outcome = await concludeQuietly(t, experiment, { published: publisher.finished, quietMs: 7000 })
  assert.equal(second.exitCode, null, 'the second process crashed')
  return outcome
}

/** Freezes a small consumer in the middle of its work; a second one takes over, and the first one wakes. */
async function awakening(t: TestContext, deliversWhenLost: boolean): Promise<Outcome> {
  const stack = await useStack(t)
  const { brokers } = stack
  const experiment = await openExperiment(stack, { subscriptions: [] })
  defer(t, () => experiment.close())
  const fences = `${experiment.run}-fences`
  const { topic: fenceTopic } = await stack.api.putStream(fences)
  defer(t, () => stack.api.deleteStream(fences))
  const receiver = await experiment.addReceiver('small', fenceTopic)
  const names = { topic: experiment.topic, fenceTopic, group: `test.small.${experiment.run}`, subscription: 'small' }
  const options = { ...names, brokers, targetUrl: receiver.url, commitFirst: false, deliversWhenLost }
  const first = await startSmallConsumer(t, options)
  const published = await experiment.publish({ ratePerSecond: 600, seconds: 4, keys: 60 }).finished
  const known = receiver.progress().distinct
  assert.ok(known < published.acknowledged - 400, 'no backlog has built up')
  first.kill('SIGSTOP')
  await startSmallConsumer(t, options)
  // More than it can deliver within the second in which the first one may still be heard.
  await until('the second one delivers', () => receiver.progress().distinct > known + 400)
  first.kill('SIGCONT')
  return await concludeQuietly(t, experiment, { published: Promise.resolve(published), quietMs: 7000 })
}

describe('a system with a defect', () => {
  it('turns the verdict red when it drops 1 of 1,000 events after the acknowledgement', async (t) => {
    const stack = await useStack(t)
    const gateway = await startLyingGateway(stack.publishUrl, 1000)
    defer(t, () => gateway.close())
    const experiment = await openExperiment(stack, { publishUrl: gateway.url })
    defer(t, () => experiment.close())
    const publisher = experiment.publish({ ratePerSecond: 500, seconds: 5, keys: 50 })
    const outcome = await concludeQuietly(t, experiment, { published: publisher.finished, quietMs: 3000 })
    assert.deepEqual(broken(outcome), ['I1'], outcome.complaint)
    assert.equal(gateway.dropped(), 2)
    assert.deepEqual(
      offencesOf(outcome).map((what) => what.replace(/^.*; /, '')),
      ['never appended: lost at the door', 'never appended: lost at the door'],
    )
  })

  it('turns the verdict red when it commits before it delivers and is killed', async (t) => {
    const outcome = await takeover(t, true)
    assert.deepEqual(broken(outcome), ['I1'], outcome.complaint)
    for (const what of offencesOf(outcome)) assert.match(what, /lost in delivery$/)
  })

  it('turns the verdict red when a process that was frozen goes on with what it does not own any more', async (t) => {
    const outcome = await awakening(t, true)
    assert.deepEqual(broken(outcome), ['I19'], outcome.complaint)
    for (const what of offencesOf(outcome)) assert.match(what, /^delivered from partition \d by process \d+, under/)
  })

  it('leaves it green when the same process looks first whether it is still a member', async (t) => {
    const outcome = await awakening(t, false)
    assert.equal(outcome.complaint, '')
    const judged = outcome.judgements[0]?.judgement.counts.attemptsOfOwners ?? 0
    assert.ok(judged > 1000, `${judged} attempts had a known owner`)
  })

  it('leaves it green when the same process commits after it delivered', async (t) => {
    const outcome = await takeover(t, false)
    assert.equal(outcome.complaint, '')
  })
})
