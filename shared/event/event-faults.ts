import { type ErrorCode, type FieldFault, TailraceError } from '#shared/errors.ts'

/** What is wrong with the events of one request, and with the request around them. */
export type EventFaults = {
  /** Faults of the event with this number, from 0. */
  add(index: number, faults: readonly FieldFault[]): void
  /** Faults of what belongs to no single event. */
  addAll(faults: readonly FieldFault[]): void
  /** The refusal of the whole request when anything was added. */
  refusal(events: number): TailraceError | undefined
}

/** As many as a batch has events, so that each bad one of them is named; about 150 KB. */
const mostListed = 1_000

/**
 * Collects faults within bounded memory: the first one of each event before further ones. Events that are only too large
 * make the refusal `event-too-large`, anything else `code`.
 */
export function collectFaults(code: ErrorCode = 'event-invalid'): EventFaults {
  const around: FieldFault[] = []
  const firsts: FieldFault[] = []
  const others: FieldFault[] = []
  const bad = new Set<number>()
  let total = 0
  let areTooLarge = true
  const keep = (list: FieldFault[], fault: FieldFault) => {
    total += 1
    areTooLarge &&= fault.code === 'too-large'
    if (list.length < mostListed) list.push(fault)
  }
  return {
    add(index, faults) {
      for (const fault of faults) {
        keep(bad.has(index) ? others : firsts, { index, ...fault })
        bad.add(index)
      }
    },
    addAll: (faults) => faults.forEach((fault) => void keep(around, fault)),
    refusal(events) {
      if (total === 0) return undefined
      const listed = [...around, ...firsts, ...others].slice(0, mostListed)
      const errors = listed.sort((one, other) => (one.index ?? -1) - (other.index ?? -1))
      const detail = `${counted(bad.size, events)}${listed.length < total ? ` ${listed.length} of ${total} faults are listed.` : ''}`
      return new TailraceError(areTooLarge ? 'event-too-large' : code, detail, { errors })
    },
  }
}

function counted(bad: number, events: number): string {
  if (bad === 0) return 'The request is wrong as a whole. Nothing was stored.'
  return `${bad} of ${events} events ${bad === 1 ? 'is' : 'are'} wrong. Nothing was stored.`
}
