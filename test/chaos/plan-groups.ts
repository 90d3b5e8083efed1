import type { Fault } from './faults/fault.ts'
import { faults } from './faults.ts'
import type { Plan } from './options.ts'
import type { PreparationName } from './preparations.ts'

/** Plans that can share a stack. */
export type PlanGroup = { needs: readonly PreparationName[]; plans: readonly Plan[] }

/** Plans by what their stack must have been prepared with, each kind where its first plan stands. */
export function groupPlans(plans: readonly Plan[]): PlanGroup[] {
  const groups = Map.groupBy(plans, (plan) => needsOf(plan).join(' '))
  return [...groups.values()].map((some) => ({ needs: some[0] === undefined ? [] : needsOf(some[0]), plans: some }))
}

/** What the faults of a plan need, each once and sorted. */
export function needsOf(plan: Plan): PreparationName[] {
  if (!('names' in plan)) return []
  const all = plan.names.flatMap((name) => (faults[name] as Fault).needs ?? [])
  return [...new Set(all)].sort()
}
