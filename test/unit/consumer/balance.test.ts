import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Balance } from '#shared/catalog/model.ts'
import { type Candidate, choose, noTurns } from '../../../services/consumer/balance.ts'

const one: Candidate = { weight: 1, backup: false, isUp: true, underWay: 0, isFull: false, isTried: false }
const down = { isUp: false }
const backup = { backup: true }

type Row = { what: string; balance: Balance; targets: Partial<Candidate>[]; random?: number; wants: (number | null)[] }

/** The indexes that so many choices in a row give. */
function chosen({ balance, targets, random = 0, wants }: Row): (number | null)[] {
  let turns = noTurns
  return wants.map(() => {
    const choice = choose(
      balance,
      targets.map((target) => ({ ...one, ...target })),
      { turns, random },
    )
    turns = choice?.turns ?? turns
    return choice?.index ?? null
  })
}

const rows: Row[] = [
  { what: 'one target takes all', balance: 'round-robin', targets: [{}], wants: [0, 0] },
  { what: 'none is up', balance: 'round-robin', targets: [down, { ...backup, ...down }], wants: [null] },
  { what: 'each in turn', balance: 'round-robin', targets: [{}, {}, {}], wants: [0, 1, 2, 0, 1] },
  { what: 'turns do not weigh', balance: 'round-robin', targets: [{ weight: 9 }, {}], wants: [0, 1, 0, 1] },
  { what: 'one that is down is left out', balance: 'round-robin', targets: [{}, down, {}], wants: [0, 2, 0] },
  { what: 'backups wait', balance: 'round-robin', targets: [backup, {}, {}], wants: [1, 2, 1] },
  {
    what: 'backups take turns when no other is up',
    ...{ balance: 'round-robin', targets: [down, backup, backup], wants: [1, 2, 1] },
  },
  {
    what: 'a full backup still waits for the others',
    ...{ balance: 'round-robin', targets: [{ isFull: true }, backup], wants: [0, 0] },
  },
  {
    what: 'a full one is passed over',
    ...{ balance: 'round-robin', targets: [{}, { isFull: true }, {}], wants: [0, 2, 0] },
  },
  {
    what: 'where it has just failed comes last',
    ...{ balance: 'round-robin', targets: [{ isTried: true }, {}], wants: [1, 1] },
  },
  {
    what: 'having failed there counts for more than being full',
    ...{ balance: 'round-robin', targets: [{ isTried: true }, { isFull: true }], wants: [1] },
  },
  {
    what: 'failed everywhere, it goes on in turn',
    ...{ balance: 'round-robin', targets: [{ isTried: true }, { isTried: true }], wants: [0, 1] },
  },
  {
    what: 'a try at the only one that serves is no reason for a backup',
    ...{ balance: 'round-robin', targets: [{ isTried: true }, backup], wants: [0] },
  },
  { what: 'by chance: low', balance: 'random', targets: [{}, { weight: 3 }], random: 0.2, wants: [0] },
  { what: 'by chance: its share begins', balance: 'random', targets: [{}, { weight: 3 }], random: 0.25, wants: [1] },
  { what: 'by chance: high', balance: 'random', targets: [{}, { weight: 3 }, down], random: 0.999, wants: [1] },
  {
    what: 'by weight, spread evenly',
    ...{ balance: 'weighted', targets: [{ weight: 5 }, {}, {}], wants: [0, 0, 1, 0, 2, 0, 0] },
  },
  {
    what: 'by weight among those that are up',
    ...{ balance: 'weighted', targets: [{ weight: 2 }, down, {}], wants: [0, 2, 0, 0, 2, 0] },
  },
  {
    what: 'the fewest under way',
    ...{ balance: 'least-loaded', targets: [{ underWay: 2 }, { underWay: 1 }, { underWay: 3 }], wants: [1, 1] },
  },
  {
    what: 'the fewest per weight',
    ...{ balance: 'least-loaded', targets: [{ underWay: 4, weight: 8 }, { underWay: 1 }], wants: [0] },
  },
  { what: 'equals in turn', balance: 'least-loaded', targets: [{}, {}, { underWay: 1 }], wants: [0, 1, 0] },
  { what: 'the first of the list', balance: 'primary-backup', targets: [{}, {}, backup], wants: [0, 0] },
  { what: 'then the next', balance: 'primary-backup', targets: [down, backup, {}], wants: [2] },
  { what: 'then the first backup', balance: 'primary-backup', targets: [down, backup, backup], wants: [1, 1] },
  {
    what: 'a failed try or a full primary changes nothing',
    ...{ balance: 'primary-backup', targets: [{ isTried: true, isFull: true }, {}], wants: [0] },
  },
  { what: 'the first', balance: 'compare', targets: [{ isTried: true }, {}], wants: [0, 0] },
  { what: 'never the other one', balance: 'compare', targets: [down, {}], wants: [null] },
]

for (const row of rows) {
  test(`${row.balance}: ${row.what}`, () => assert.deepEqual(chosen(row), row.wants))
}

test('a target that was out for long is not owed anything when it comes back', () => {
  let turns = noTurns
  const next = (isUp: boolean) => {
    const choice = choose('weighted', [one, { ...one, isUp }], { turns, random: 0 })
    turns = choice?.turns ?? turns
    return choice?.index
  }
  for (let count = 0; count < 100; count += 1) next(false)
  assert.deepEqual([next(true), next(true), next(true), next(true)], [0, 1, 0, 1])
})
