import { heldByOperator } from './model.ts'

/**
 * The phase of a subscription that delivers nothing for this reason: held, what ends by itself or by a release; paused, what
 * an operator or its receiver ended; failed, what somebody has to mend first.
 */
export function phaseOfReason(reason: string): 'held' | 'paused' | 'failed' {
  if (reason === 'all-targets-failing' || reason === 'target-waits' || reason === heldByOperator) return 'held'
  return reason === 'operator' || reason === 'receiver-gone' ? 'paused' : 'failed'
}
