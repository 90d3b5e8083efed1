import type { Facts } from './facts.ts'
import { isDisturbed, realFaults } from './spans.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/**
 * I8: what no publisher should send is answered with a 4xx, nothing of it is stored, and no process ends of it. Requests that
 * were answered while a fault was in force are only looked for in the log.
 */
export function checkBadInput(facts: Facts): Verdict {
  const { badRequests, log } = facts
  const faults = realFaults(facts)
  const answers = badRequests.flatMap(({ id, what, status, ns }): Offence[] => {
    const isRefused = status !== null && status >= 400 && status < 500
    if (isRefused || isDisturbed(faults, { fromNs: ns, toNs: ns })) return []
    return [{ id, what: `${what} was answered ${status ?? 'nothing'}` }]
  })
  const stored = badRequests.flatMap(({ id, what }): Offence[] => {
    const record = log?.get(id)?.[0]
    const place = `${record?.topic}/${record?.partition}/${record?.offset}`
    return record === undefined ? [] : [{ id, what: `${what} was stored at ${place}` }]
  })
  return verdict({
    invariant: 'I8',
    claim: 'bad input changes nothing',
    offences: [...answers, ...stored, ...(badRequests.length === 0 ? [] : endedProcesses(facts))],
    judged: badRequests.length,
    counts: { badRequests: badRequests.length },
  })
}

/** Names that have another process id than in the sample before, though no fault lies between the two. */
function endedProcesses(facts: Facts): Offence[] {
  const faults = realFaults(facts)
  return facts.processes.flatMap(({ ns, pids }, index) => {
    const before = facts.processes[index - 1]
    if (before === undefined || isDisturbed(faults, { fromNs: before.ns, toNs: ns })) return []
    return Object.entries(before.pids).flatMap(([name, pid]) =>
      pids[name] === pid ? [] : [{ id: name, what: `was process ${pid} and is ${pids[name] ?? 'gone'}` }],
    )
  })
}
