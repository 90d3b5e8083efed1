import { repeatsByFault } from '../check/duplicates.ts'
import type { Outcome } from '../experiment.ts'
import { boundPerFault } from '../faults.ts'
import { type Gaps, measureFaults } from '../gaps.ts'
import { momentsOf } from '../moments.ts'
import { failures, figuresOf, spread } from '../report.ts'
import type { Result } from '../scenarios/scenario.ts'
import { nothing } from './plan.ts'

/** One step: its longest gaps over all subscriptions, and what it had repeated at each of them. */
export type StepCost = Gaps & { fault: string; repeats: readonly { count: number; most: number }[] }

/** What to print of a mixed run. `trouble` ended its faults early; empty when nothing did. */
export function mixResult(outcome: Outcome, { seed, trouble }: { seed: number; trouble: string }): Result {
  const steps = stepCosts(outcome)
  const controls = steps.filter(({ fault }) => fault === nothing).length
  const { facts, judgements, published } = outcome
  const deliveries = judgements.reduce((sum, { scope }) => sum + momentsOf(facts, scope).delivered.length, 0)
  const invariants = new Set(judgements.flatMap(({ judgement }) => judgement.verdicts.map((one) => one.invariant)))
  const broken = new Set(
    judgements.flatMap(({ judgement }) => judgement.verdicts.filter((one) => !one.holds).map((one) => one.invariant)),
  )
  const text = [
    `seed ${seed}: ${steps.length - controls} faults and ${controls} controls, ${published.acknowledged} events acknowledged, ${deliveries} deliveries`,
    `judged ${[...invariants].join(' ')}; broken: ${[...broken].join(' ') || 'none'}`,
    ...judgements.map(({ scope, judgement }) => figuresOf(outcome, { scope, judgement })),
    `records that their publishers had to ask for again: ${judgements[0]?.judgement.counts.appendedAgain ?? 0}`,
    ...failures(facts),
    '',
    tableOf(steps),
  ]
  return {
    text: text.join('\n'),
    complaint: [outcome.complaint, trouble].filter((one) => one !== '').join('\n'),
    costs: [],
  }
}

/** One line per kind of fault; gaps in ms, median and most over its injections, of each the worst subscription. */
export function tableOf(steps: readonly StepCost[]): string {
  const head = ['fault', 'n', 'ack gap', 'delivery gap', 'gap of a partition', 'repeated', 'most of its bound']
  const lines = [...Map.groupBy(steps, ({ fault }) => fault)]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([fault, some]) => [
      fault,
      String(some.length),
      spread(some.map(({ ackMs }) => Math.round(ackMs))),
      spread(some.map(({ deliveryMs }) => Math.round(deliveryMs))),
      spread(some.map(({ partitionMs }) => Math.round(partitionMs))),
      String(some.flatMap(({ repeats }) => repeats).reduce((sum, { count }) => sum + count, 0)),
      worstOf(some),
    ])
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)))
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** The step that came nearest to its bound. */
function worstOf(steps: readonly StepCost[]): string {
  const share = ({ count, most }: { count: number; most: number }) => (most === 0 ? count : count / most)
  const worst = steps.flatMap(({ repeats }) => repeats).sort((a, b) => share(b) - share(a) || b.count - a.count)[0]
  return worst === undefined ? '' : `${worst.count} of ${worst.most}`
}

function stepCosts({ facts, judgements }: Outcome): StepCost[] {
  const perScope = judgements.map(({ scope }) => ({
    gaps: measureFaults(facts, scope),
    repeats: repeatsByFault(facts, scope, boundPerFault(facts, scope)).causes,
  }))
  return facts.faults.map(({ fault }, index) => {
    const gaps = perScope.flatMap((one) => one.gaps[index] ?? [])
    return {
      fault,
      ackMs: Math.max(...gaps.map(({ ackMs }) => ackMs)),
      deliveryMs: Math.max(...gaps.map(({ deliveryMs }) => deliveryMs)),
      partitionMs: Math.max(...gaps.map(({ partitionMs }) => partitionMs)),
      repeats: perScope.flatMap(({ repeats }) => {
        const cause = repeats[index]
        return cause === undefined ? [] : [{ count: cause.repeats.length, most: cause.most }]
      }),
    }
  })
}
