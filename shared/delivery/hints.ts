import type { FailureCode } from './attempt.ts'
import type { Decision } from './decide.ts'

/** What an operator should look at, by code. Codes that are missing are explained by the kind of their decision. */
const hints: Readonly<Record<string, string>> & Readonly<Record<FailureCode, string>> = {
  'dns-not-found': 'The host name of the target does not exist. Check its spelling, or add the DNS record.',
  'dns-failed': 'The host name of the target could not be resolved now. Check the DNS servers of this machine.',
  'connect-refused': 'Nothing listens at the target. Start the receiver, or correct the port.',
  'connect-reset': 'The target broke the connection while it was made. Look at the proxy or firewall in front of it.',
  'connect-unreachable': 'There is no route to the target. Check the network between here and the receiver.',
  'connect-failed': 'No connection to the target could be made. The detail names the error of the system.',
  'connect-timeout': 'The target did not take the connection in time. Check the firewall, or raise connectTimeoutMs.',
  'tls-certificate': 'The certificate of the target is not valid for its name now. Renew or correct it.',
  'tls-failed': 'The target does not speak TLS 1.2 or newer on this port. Check the scheme and the port of the URL.',
  'tls-client-certificate':
    'The receiver wants a client certificate, or another one. Check destination.tls and whom the receiver trusts.',
  'egress-refused': 'The address of the target may not be called. Ask the operator to add it to TAILRACE_EGRESS_ALLOW.',
  'first-byte-timeout': 'The receiver did not answer in time. Answer first and work afterwards, or raise timeoutMs.',
  'io-reset': 'The receiver broke the connection instead of answering. Look for a crash in its log.',
  'io-closed': 'The receiver closed the connection without an answer. Look for a crash or restart in its log.',
  'io-response-invalid': 'The target does not answer in HTTP/1.1. Check that the URL leads to the receiver.',
  'io-response-head-too-large': 'The head of the answer is larger than 16 KiB. Send fewer or shorter headers.',
  'io-failed': 'The connection broke in an unexpected way. The detail names the error.',
  aborted: 'The attempt was ended on this side. Nothing is to be done.',
  'status-401': 'The receiver wants a credential. Check destination.auth and the secret it verifies with.',
  'status-403': 'The receiver forbids the call. Check its access rules and the signature it verifies.',
  'status-404': 'The receiver has nothing at this path. Correct the URL of the target.',
  'status-405': 'The receiver takes no POST at this path. Correct the URL of the target.',
  'status-410': 'The receiver says that it is gone for good. Correct the URL and resume the subscription.',
  'status-413': 'The event is larger than the receiver takes. Raise the limit of the receiver, then redrive.',
  'status-429': 'The receiver asks for fewer requests. Lower the rate or the concurrency of the subscription.',
  'status-502': 'A proxy found no working receiver. Look at the receiver behind it.',
  'status-503': 'The receiver is overloaded or being maintained. Look at its capacity.',
  'status-504': 'A proxy waited too long for the receiver. Answer first and work afterwards.',
}

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
  return hints[code] ?? (code.startsWith('status-3') ? redirectHint : byKind[kind])
}

const redirectHint = 'Redirects are not followed. Use the URL that the receiver redirects to.'
