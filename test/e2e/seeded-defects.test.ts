import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { describe, it, type TestContext } from 'node:test'
import { startLyingGateway } from '../chaos/defects/lying-gateway.ts'
import { awaken, takeOver } from '../chaos/defects/small-consumers.ts'
import { type Experiment, type Outcome, openExperiment } from '../chaos/experiment.ts'
import type { PublisherProgress } from '../chaos/load/until-known.ts'
import { defer } from '../support/defer.ts'
import { useStack } from '../support/stack.ts'

type Ending = { published: Promise<PublisherProgress>; quietMs: number }

/** A short quiet time, because some events never come; a history of its own that nobody needs afterwards. */
async function concludeQuietly(t: TestContext, experiment: Experiment, { published, quietMs }: Ending) {
  const outcome = await experiment.conclude(published, { allowedDuplicates: 100_000, quietMs })
  defer(t, () => rm(outcome.folder, { recursive: true, force: true }))
  return outcome
}

/** Nobody needs the history afterwards. */
async function kept(t: TestContext, running: Promise<Outcome>): Promise<Outcome> {
  const outcome = await running
  defer(t, () => rm(outcome.folder, { recursive: true, force: true }))
  return outcome
}

const broken = ({ judgements }: Outcome): string[] =>
  judgements.flatMap(({ judgement }) => judgement.verdicts.filter((one) => !one.holds).map((one) => one.invariant))

const offencesOf = ({ judgements }: Outcome): string[] =>
  judgements.flatMap(({ judgement }) => judgement.verdicts.flatMap((one) => one.offences.map(({ what }) => what)))

describe('a system with a defect', { concurrency: 2 }, () => {
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
    const outcome = await kept(t, takeOver(await useStack(t), true))
    assert.deepEqual(broken(outcome), ['I1'], outcome.complaint)
    for (const what of offencesOf(outcome)) assert.match(what, /lost in delivery$/)
  })

  it('turns the verdict red when a process that was frozen goes on with what it does not own any more', async (t) => {
    const outcome = await kept(t, awaken(await useStack(t), true))
    assert.deepEqual(broken(outcome), ['I19'], outcome.complaint)
    for (const what of offencesOf(outcome)) assert.match(what, /^delivered from partition \d by process \d+, under/)
  })

  it('leaves it green when the same process looks first whether it is still a member', async (t) => {
    const outcome = await kept(t, awaken(await useStack(t), false))
    assert.equal(outcome.complaint, '')
    const judged = outcome.judgements[0]?.judgement.counts.attemptsOfOwners ?? 0
    assert.ok(judged > 1000, `${judged} attempts had a known owner`)
  })

  it('leaves it green when the same process commits after it delivered', async (t) => {
    const outcome = await kept(t, takeOver(await useStack(t), false))
    assert.equal(outcome.complaint, '')
  })
})
