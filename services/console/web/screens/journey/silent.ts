import type { Delivery } from '../../api/journey-shapes.ts'

const silentStates = new Set([
  'filtered',
  'paused',
  'skipped',
  'expired',
  'queued',
  'held',
  'unknown',
  'discarded',
  'waiting',
])

/** Nothing was sent: the state itself, and not an answer, is what happened. */
export const isSilent = ({ state, attempts }: Pick<Delivery, 'state' | 'attempts'>) =>
  attempts === 0 && silentStates.has(state)
