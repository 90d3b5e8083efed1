import { remedies } from '#shared/remedies.ts'
import type { FailureCode } from './attempt.ts'
import type { Decision } from './decide.ts'

/** What an operator should look at, by code. Codes that are missing are explained by the kind of their decision. */
/** The compiler says which failure has no remedy. */
const byCode: Readonly<Record<string, string>> & Readonly<Record<FailureCode, string>> = remedies.delivery

const hintsByKind: Readonly<Record<Decision['kind'], string>> = {
  delivered: 'Delivered. Nothing is to be done.',
  retry: 'The receiver failed on this event. Fix it; the event is sent again.',
  'target-waits': 'The receiver asks to wait. The event is sent again afterwards.',
  'target-gone': 'The receiver says that it is gone for good. Correct the URL and resume the subscription.',
  'dead-letter': 'The receiver refuses this event. Correct the receiver, then redrive, or discard the event.',
}

/** The same of an event that was sent to see what would happen, and is not sent again. */
const testHintsByKind: typeof hintsByKind = {
  delivered: hintsByKind.delivered,
  retry: 'The receiver failed on this event. Fix it; an event like it would be sent again on the schedule.',
  'target-waits': 'The receiver asks to wait. Events would wait as long as it says.',
  'target-gone': 'The receiver says that it is gone for good. Events would take this target out until a resume.',
  'dead-letter': 'The receiver refuses this event. An event like it would be a dead letter at once.',
}

/** What to do about a decision: a sentence or two for the operator. `isTest`: the event was sent by hand, once. */
export function hintOf({ kind, code }: Pick<Decision, 'kind' | 'code'>, isTest = false): string {
  const byKind = isTest ? testHintsByKind : hintsByKind
  if (kind === 'delivered') return byKind.delivered
  return byCode[code] ?? (code.startsWith('status-3') ? redirectHint : byKind[kind])
}

const redirectHint = 'Redirects are not followed. Use the URL that the receiver redirects to.'
