import { Type } from 'typebox'
import { heldByOperator, type Subscription } from '#shared/catalog/model.ts'
import { time } from '#shared/catalog/schema.ts'
import { secretsUnreadable } from '#shared/catalog/secrets-fault.ts'
import type { InstanceReport } from '#shared/redis/instances.ts'
import { remedies } from '#shared/remedies.ts'
import type { Console } from './context.ts'
import { lagOf } from './lag.ts'
import { underReplicated } from './stream-answer.ts'
import { goneError, phaseOf, reportsOn, targetsOf } from './subscription-status.ts'

export const problemSchema = Type.Object({
  code: Type.String(),
  subject: Type.String(),
  since: Type.Union([time('Since when.'), Type.Null()]),
  what: Type.String(),
  fix: Type.String(),
})

export type Problem = { code: string; subject: string; since: string | null; what: string; fix: string }

/** What someone may have to act on, worst first: what broke, since when, what to do. */
export function findProblems(console: Console, instances: readonly InstanceReport[] | null): Problem[] {
  return [
    ...kafkaProblems(console),
    ...streamProblems(console),
    ...subscriptionProblems(console, instances),
    ...targetProblems(console, instances),
    ...(instances === null ? [redisProblem] : []),
  ]
}

const redisProblem: Problem = {
  code: 'redis-down',
  subject: 'redis',
  since: null,
  what: 'Redis does not answer: instances, breakers and rates are not known. Everything goes on.',
  fix: remedies.condition['redis-down'],
}

function kafkaProblems({ monitor }: Console): Problem[] {
  if (!monitor.reachable()) {
    const what = 'Kafka cannot be asked; what is shown is the last that was known. Nothing acknowledged is lost.'
    return [
      {
        code: 'kafka-unreachable',
        subject: 'kafka',
        since: monitor.since(),
        what,
        fix: remedies.condition['kafka-unreachable'],
      },
    ]
  }
  const down = (monitor.last()?.brokers ?? []).filter((broker) => !broker.up)
  return down.map(({ id, address }) => ({
    code: 'broker-down',
    subject: `broker ${id}`,
    since: null,
    what: `Broker ${id} (${address}) is gone; the others have taken over its partitions.`,
    fix: remedies.condition['broker-down'],
  }))
}

function streamProblems({ monitor, catalog }: Console): Problem[] {
  return catalog.streams().flatMap(({ name, topic }): Problem[] => {
    const picture = monitor.last()?.streams.get(name)
    if (picture === undefined) return []
    const subject = `stream ${name}`
    if (picture.missing) {
      const fix = remedies.condition['topic-missing']
      return [{ code: 'stream-failed', subject, since: null, what: `Its topic ${topic} does not exist.`, fix }]
    }
    if (picture.unsafe.length > 0) {
      const what = `Its topic ${topic} could lose acknowledged events: ${picture.unsafe.join('; ')}.`
      const fix = remedies.condition['stream-failed']
      return [{ code: 'stream-failed', subject, since: null, what, fix }]
    }
    const behind = underReplicated(picture)
    if (behind === 0) return []
    const what = `${behind} of its ${picture.partitions.length} partitions have a replica that is not in sync.`
    return [{ code: 'under-replicated', subject, since: null, what, fix: remedies.condition['under-replicated'] }]
  })
}

const fixes: Readonly<Record<string, string>> = {
  held: remedies.condition['subscription-held'],
  failed: remedies.condition['subscription-failed'],
  paused: remedies.condition['subscription-paused'],
}

/** Reasons that say more than the phase does. */
const fixesByReason: Readonly<Record<string, string>> = {
  [heldByOperator]: remedies.condition['held-by-operator'],
  [secretsUnreadable]: `${remedies.request[secretsUnreadable]} The log of the consumer names the keys.`,
}

function subscriptionProblems(console: Console, instances: readonly InstanceReport[] | null): Problem[] {
  return console.catalog.subscriptions().flatMap((subscription): Problem[] => {
    const { phase, reason, since, nextProbeAt } = phaseOf(console, subscription, reportsOn(subscription, instances))
    const fix = fixesByReason[reason ?? ''] ?? fixes[phase]
    if (fix === undefined || subscription.paused) return []
    const waiting = lagOf(console, subscription).events ?? 0
    const what = `It is ${phase}${reason === null ? '' : ` (${reason})`}; ${waiting} events wait, none is lost.`
    const probe = nextProbeAt === null ? '' : ` The next probe is at ${nextProbeAt}.`
    return [
      { code: `subscription-${phase}`, subject: `subscription ${subscription.name}`, since, what, fix: fix + probe },
    ]
  })
}

/** Targets that are left out while their subscription goes on without them; with all of them out it is held or paused. */
function targetProblems(console: Console, instances: readonly InstanceReport[] | null): Problem[] {
  return console.catalog.subscriptions().flatMap((subscription) => {
    const reports = reportsOn(subscription, instances)
    if (phaseOf(console, subscription, reports).phase !== 'active') return []
    const targets = targetsOf(console, subscription, reports)
    return targets.flatMap(({ url, lastError, healthy, breaker }, index): Problem[] => {
      // Whether one that stands by is back is found out when it is needed.
      const isUnknown = breaker === 'half-open' && standsBy(subscription, index)
      if (healthy !== false || isUnknown) return []
      const why = lastError === null ? '' : ` (${lastError})`
      const name = url.startsWith('kafka:') ? url : new URL(url).origin
      const what = `${name} takes no events now${why}; none is lost.`
      const fix = lastError === goneError ? remedies.condition['target-gone'] : remedies.condition['target-left-out']
      return [{ code: 'target-left-out', subject: `subscription ${subscription.name}`, since: null, what, fix }]
    })
  })
}

function standsBy({ destination }: Subscription, index: number): boolean {
  return destination.targets[index]?.backup === true || (destination.balance === 'primary-backup' && index > 0)
}
