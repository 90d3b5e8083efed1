import { machineBusySeconds, type Usage, usageOf } from './processes.ts'

/** What groups of processes took while they were watched. */
export type Taken<Group extends string> = {
  cpuSeconds: Record<Group, number>
  /** The most that was seen at a time. */
  residentBytes: Record<Group, number>
  /** CPU seconds of everything else on this machine: how much noise there was. */
  otherCpuSeconds: number
}

const sampleMs = 250

/** Watches processes until `stop`; of one that ended meanwhile the last sample counts. */
export function watch<Group extends string>(pids: Record<Group, readonly number[]>): { stop(): Taken<Group> } {
  const groups = Object.keys(pids) as Group[]
  const watched = groups.flatMap((group) => pids[group].map((pid) => ({ group, pid, first: usageOf(pid) })))
  const latest = new Map<number, Usage>(watched.map(({ pid, first }) => [pid, first]))
  const most = new Map<Group, number>()
  const busyBefore = machineBusySeconds()
  const sample = () => {
    for (const { pid } of watched) {
      const usage = usageOf(pid)
      if (!Number.isNaN(usage.cpuSeconds + usage.residentBytes)) latest.set(pid, usage)
    }
    for (const group of groups) most.set(group, Math.max(most.get(group) ?? 0, residentOf(group)))
  }
  const membersOf = (group: Group) => watched.filter((one) => one.group === group)
  const residentOf = (group: Group) => sum(membersOf(group).map(({ pid }) => latest.get(pid)?.residentBytes))
  const cpuOf = (group: Group) =>
    sum(membersOf(group).map(({ pid, first }) => (latest.get(pid)?.cpuSeconds ?? Number.NaN) - first.cpuSeconds))
  const timer = setInterval(sample, sampleMs)
  return {
    stop() {
      clearInterval(timer)
      sample()
      const perGroup = (figure: (group: Group) => number) =>
        Object.fromEntries(groups.map((group) => [group, figure(group)])) as Record<Group, number>
      const cpuSeconds = perGroup(cpuOf)
      const ours = sum(groups.map((group) => cpuSeconds[group]))
      const residentBytes = perGroup((group) => most.get(group) ?? Number.NaN)
      return { cpuSeconds, residentBytes, otherCpuSeconds: machineBusySeconds() - busyBefore - ours }
    },
  }
}

const sum = (values: readonly (number | undefined)[]) =>
  values.reduce<number>((total, one) => total + (one ?? Number.NaN), 0)
