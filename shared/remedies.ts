import { type ErrorCode, errorTable } from './errors.ts'

/**
 * What to do about a code, in a sentence or two: one table for everything that has a code. Problem answers of the API, the
 * problems of `GET /v1/state`, the hints of attempts and the pages of the console all take their words from here. Codes mean
 * one thing in each part; `kafka-unavailable` is another thing for a publisher than for a subscription that delivers there.
 */
export const remedies = {
  /** Codes of attempts and dead letters. Statuses that are missing are explained by what they led to (delivery/hints.ts). */
  delivery: {
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
    'egress-refused':
      'The address of the target may not be called. Ask the operator to add it to TAILRACE_EGRESS_ALLOW.',
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
    stored: 'The event stands in the topic that the subscription delivers to. Nothing is to be done.',
    'topic-unknown':
      'The topic that the subscription delivers to does not exist. Create it, or correct the destination.',
    'topic-unsafe':
      'The topic could lose acknowledged events. Give it replication factor 3 and min.insync.replicas 2, or another one.',
    'kafka-timeout': 'Kafka did not acknowledge the event in time. Look at its brokers, or raise timeoutMs.',
    'kafka-unavailable': 'Kafka could not be written. Look at its brokers; the event is sent again by itself.',
    'kafka-unexplained': 'Kafka answered with a code that this version does not know. Look at the log of the consumer.',
    'event-invalid': 'The event cannot be stored in that topic as it is. The detail says why; redrive or discard it.',
    overloaded: 'This instance has more to write than it can take. The event is sent again by itself.',
    loop: 'The event goes in a circle of subscriptions. Change the destination of one of them, then discard the event.',
    'malformed-record':
      'The record is no event. See who writes to the topic without Tailrace; discard the dead letter.',
    'too-large': 'The event is larger than its way allows. Raise the limits of topic and stream alike, or discard it.',
    'key-backlog':
      'Too many events wait behind one of this key. Repair what the first of them failed of, then redrive.',
    internal: 'Something broke on our side. Look at the log of the consumer; redriving the event is safe.',
  },
  /** Codes of the problems that the state names. */
  condition: {
    'kafka-unreachable': 'Start the brokers.',
    'broker-down': 'Start it; its replicas catch up by themselves.',
    'redis-down': 'Start Redis, or check REDIS_URL; nothing has to be restarted here.',
    'topic-missing': 'Create the topic again, or delete the stream.',
    'stream-failed': 'Give its topic replication factor 3 and min.insync.replicas 2.',
    'under-replicated': 'See that all brokers run and keep up.',
    'subscription-held': 'Start the receiver; a probe finds it by itself.',
    'subscription-failed': 'Read the reason; seek and resume the subscription, or recreate it.',
    'subscription-paused': 'Point it to another URL or resume it.',
    'held-by-operator': 'An operator holds it: release it when its receiver may be called again.',
    'target-left-out': 'Start the receiver; it is found by itself.',
    'target-gone': 'Correct its URL, or resume the subscription.',
  },
  /** Codes of refused requests. */
  request: Object.fromEntries(Object.entries(errorTable).map(([code, { hint }]) => [code, hint])) as Record<
    ErrorCode,
    string
  >,
} as const

export type DeliveryCode = keyof typeof remedies.delivery
export type ConditionCode = keyof typeof remedies.condition
