import type { MutationName } from './mutations.ts'
import type { ShapeName } from './shapes.ts'

/**
 * A defect and the invariant that it breaks. `implied` are those that may be broken with it, because the one implies the
 * other. Every one is live, on a stack of real processes and brokers.
 */
export type Defect = { invariant: string; what: string; shape: ShapeName | StandInShape; implied?: readonly string[] }

/** Runs in which a consumer of a few lines (small-consumer.ts) stands in for the product's. */
export type StandInShape = 'takeover' | 'awakening'

/** One line of the product is changed (mutations.ts). */
const ofProduct: Readonly<Record<MutationName, Defect>> = {
  'acknowledges-what-it-drops': {
    ...{ invariant: 'I1', shape: 'steady' },
    what: 'a producer acknowledges one event in a hundred and does not append it',
  },
  'takes-failures-for-successes': {
    ...{ invariant: 'I1', shape: 'steady' },
    what: 'a consumer finishes what its receiver failed',
    // It is committed past, and what is neither delivered nor dead nor waiting is missing in the sum.
    implied: ['I9', 'I18'],
  },
  'refuses-what-it-stores': {
    ...{ invariant: 'I2', shape: 'steady' },
    what: 'a producer stores one event in fifty and then refuses it with 422',
  },
  'prints-bodies-again': {
    ...{ invariant: 'I3', shape: 'steady' },
    what: 'a consumer parses each body and prints it again',
  },
  'forgets-keys': {
    ...{ invariant: 'I4', shape: 'steady' },
    what: 'a consumer has a queue for each event, not for each key',
  },
  'delivers-some-twice': {
    ...{ invariant: 'I5', shape: 'steady' },
    what: 'a consumer sends one event in fifty twice',
    // It counts one delivery where its receiver saw two.
    implied: ['I18'],
  },
  'calls-the-stored-lost': {
    ...{ invariant: 'I6', shape: 'steady' },
    what: 'a producer stores one event in fifty and says that nothing was stored',
    // A publisher that is refused for good then has a phantom.
    implied: ['I2'],
  },
  'gives-up-at-once': {
    ...{ invariant: 'I7', shape: 'steady' },
    what: 'a consumer makes a dead letter of each first failure',
  },
  'dies-of-bad-input': {
    ...{ invariant: 'I8', shape: 'probed' },
    what: 'a producer crashes of an attribute that it refuses',
  },
  'commits-what-it-reads': {
    ...{ invariant: 'I9', shape: 'steady' },
    what: 'a consumer commits up to what it has read',
  },
  'leaves-a-partition': {
    ...{ invariant: 'I10', shape: 'still' },
    what: 'consumers try nothing of partition 0 for 34 s',
  },
  'stops-for-others': {
    ...{ invariant: 'I11', shape: 'outage' },
    what: 'a consumer that holds one subscription holds them all',
  },
  'acknowledges-at-once': {
    ...{ invariant: 'I12', shape: 'minority' },
    what: 'a producer acknowledges before two brokers have the event, and stores it later',
  },
  'retries-at-once': {
    ...{ invariant: 'I13', shape: 'steady' },
    what: 'a consumer tries again 200 ms after each failure',
  },
  'never-holds': {
    ...{ invariant: 'I14', shape: 'outage' },
    what: 'a consumer has the evidence that a receiver is down, and goes on',
  },
  'exits-when-asked': {
    ...{ invariant: 'I15', shape: 'stop' },
    what: 'a producer exits as soon as it is asked to stop',
  },
  'trusts-any-topic': {
    ...{ invariant: 'I16', shape: 'probed' },
    what: 'a producer takes events for a topic with min.insync.replicas 1',
  },
  'counts-by-the-wall-clock': {
    ...{ invariant: 'I17', shape: 'jump' },
    what: 'a consumer counts by the wall clock, which jumps by two minutes',
    // What was not due is due: I17 says that nothing else breaks.
    implied: ['I13'],
  },
  'loses-count': {
    ...{ invariant: 'I18', shape: 'steady' },
    what: 'a consumer does not count one delivery in fifty',
  },
  'mixes-up-publishers': {
    ...{ invariant: 'I20', shape: 'probed' },
    what: 'an Idempotency-Key counts for all API keys together',
  },
}

const ofStandIns = {
  'commits-before-it-delivers': {
    ...{ invariant: 'I1', shape: 'takeover' },
    what: 'a consumer that is killed has committed what it had not delivered',
  },
  'delivers-what-it-lost': {
    ...{ invariant: 'I19', shape: 'awakening' },
    what: 'a consumer that was frozen goes on with partitions that others own by now',
  },
} as const satisfies Record<string, Defect>

export type DefectName = MutationName | keyof typeof ofStandIns

export const defects: Readonly<Record<DefectName, Defect>> = { ...ofProduct, ...ofStandIns }

export const defectNames = Object.keys(defects) as DefectName[]

export const isMutation = (name: DefectName): name is MutationName => Object.hasOwn(ofProduct, name)
