import type { ReceiverMode } from '../load/modes.ts'
import type { Fault } from './fault.ts'
import { flap, misbehave, whatItCost } from './misbehave.ts'

const shortMs = 10_000
/** Longer than the time of an attempt, 15 s: what hangs is cut, and then held. */
const longMs = 25_000
const flapMs = 10_000
/** What it costs shall be seen, and what waited drained. */
const restSeconds = 20

type Misbehaviour = { what: string; row: string; mode: ReceiverMode; ms: number }

const answers = (name: string, { what, row, mode, ms }: Misbehaviour) =>
  ({
    ...{ what, row, takeovers: 0, leastSeconds: ms / 1_000 + restSeconds },
    inject: (scene) => misbehave(scene, { name, mode, ms }),
    look: (facts) => whatItCost(facts, name),
  }) satisfies Fault

const saysNothing = (name: string, how: 'hang' | 'drip', what: string) =>
  answers(name, { what: `${what} for 25 s`, row: 'D1', mode: { kind: 'break', how }, ms: longMs })

const breaks = (name: string, how: 'reset' | 'garbage' | 'endless-head' | 'false-length' | 'huge-body', what: string) =>
  answers(name, {
    what: `${what} for 10 s`,
    row: how === 'reset' ? 'D1' : 'D7',
    mode: { kind: 'break', how },
    ms: shortMs,
  })

/**
 * One receiver fails, in every way that one can, while those of the other subscriptions are well. The names begin with
 * `receiver`: it says itself when it is down, and nothing else is excused by it.
 */
export const receiverFaults = {
  'receiver-refuses': answers('receiver-refuses', {
    what: 'the port of one receiver is closed for 10 s',
    ...{ row: 'D1', mode: { kind: 'refuse' }, ms: shortMs },
  }),
  'receiver-resets': breaks('receiver-resets', 'reset', 'one receiver reads each request and resets its connection'),
  'receiver-hangs': saysNothing('receiver-hangs', 'hang', 'one receiver takes every request and never answers'),
  'receiver-drips': saysNothing('receiver-drips', 'drip', 'one receiver answers one byte a second'),
  'receiver-deaf': answers('receiver-deaf', {
    what: 'one receiver takes connections for 25 s and reads nothing from them',
    ...{ row: 'D1', mode: { kind: 'deaf' }, ms: longMs },
  }),
  'receiver-fails': answers('receiver-fails', {
    what: 'one receiver answers 500 to everything for 10 s',
    ...{ row: 'D2', mode: { kind: 'answer', status: 500 }, ms: shortMs },
  }),
  'receiver-fails-some': answers('receiver-fails-some', {
    what: 'one receiver answers 500 to 30 % of all requests for 10 s',
    ...{ row: 'D2', mode: { kind: 'fail', of: { shareOfRequests: 0.3 } }, ms: shortMs },
  }),
  'receiver-busy': answers('receiver-busy', {
    what: 'one receiver answers 429 with Retry-After: 5 for 10 s',
    ...{ row: 'D2', mode: { kind: 'answer', status: 429, headers: { 'retry-after': '5' } }, ms: shortMs },
  }),
  'receiver-unavailable': answers('receiver-unavailable', {
    what: 'one receiver answers 503 to everything for 10 s',
    ...{ row: 'D2', mode: { kind: 'answer', status: 503 }, ms: shortMs },
  }),
  'receiver-slow': answers('receiver-slow', {
    what: 'one receiver takes 1.5 s for each answer, for 10 s',
    ...{ row: 'D5', mode: { kind: 'accept', delayMs: 1_500 }, ms: shortMs },
  }),
  'receiver-flaps': {
    what: 'one receiver is down for 10 s, up for 10 s, and down for 10 s again',
    row: 'D4',
    takeovers: 0,
    leastSeconds: (3 * flapMs) / 1_000 + restSeconds,
    inject: (scene) => flap(scene, { name: 'receiver-flaps', mode: { kind: 'refuse' }, ms: flapMs }),
    look: (facts) => whatItCost(facts, 'receiver-flaps'),
  },
  'receiver-garbage': breaks('receiver-garbage', 'garbage', 'the answers of one receiver are not HTTP'),
  'receiver-lies': breaks('receiver-lies', 'false-length', 'one receiver answers 200 and less body than it promises'),
  'receiver-huge': breaks('receiver-huge', 'huge-body', 'one receiver answers 200 with a body of 1 GiB'),
  'receiver-endless': breaks('receiver-endless', 'endless-head', 'the headers of one receiver never end'),
} as const satisfies Record<string, Fault>
