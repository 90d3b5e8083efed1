import type { Facts } from './facts.ts'
import { type Offence, type Verdict, verdict } from './verdict.ts'

/**
 * I16: a stream whose topic could lose an acknowledged event says that it failed and takes none; one whose topic is safe is
 * active and takes them. Judged where a run made a topic unsafe, or looked at a safe one.
 */
export function checkSafeWiring({ wirings }: Facts): Verdict {
  const offences = wirings.flatMap(({ stream, unsafe, phase, status }): Offence[] => {
    const isTaken = status !== null && status >= 200 && status < 300
    const how = unsafe === null ? 'whose topic is safe' : `with ${unsafe}`
    const wanted = unsafe === null ? 'active' : 'failed'
    return [
      ...(phase === wanted ? [] : [{ id: stream, what: `a stream ${how} is ${phase}` }]),
      ...(isTaken === (unsafe === null) ? [] : [{ id: stream, what: `a stream ${how} answers ${status}` }]),
    ]
  })
  return verdict({
    invariant: 'I16',
    claim: 'a topic that could lose what it acknowledged takes nothing',
    offences,
    judged: wirings.length,
  })
}
