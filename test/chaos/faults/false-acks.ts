import type { Facts } from '../check/facts.ts'
import type { Figure } from './fault.ts'

/**
 * I12: with one broker of three left nothing that was sent can be acknowledged, and whoever asks is told so. Until the fault
 * of this name is undone no request may have been sent and acknowledged.
 */
export function falseAcks({ requests, faults }: Facts, name: string): Figure {
  const { ns: fromNs = Infinity, undoneNs: toNs = Infinity } = faults.find(({ fault }) => fault === name) ?? {}
  const meanwhile = requests.filter(({ sentNs, ns }) => sentNs > fromNs && ns < toNs)
  const acknowledged = meanwhile.filter(({ outcome }) => outcome === 'acknowledged')
  const first = requests.filter(({ outcome, ns }) => outcome === 'acknowledged' && ns > toNs).map(({ ns }) => ns)
  const again = first.length === 0 ? 'never' : `${Math.round((Math.min(...first) - toNs) / 1e6)} ms`
  return {
    text: `${meanwhile.length} requests answered meanwhile, ${acknowledged.length} of them acknowledged; first acknowledgement ${again} after the return`,
    complaints: [
      ...(meanwhile.length === 0 ? ['I12: nobody was answered meanwhile'] : []),
      ...acknowledged.slice(0, 10).map(({ id }) => `I12: ${id} was acknowledged by one broker of three`),
    ],
  }
}
