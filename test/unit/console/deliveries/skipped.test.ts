import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Console } from '../../../../services/console/context.ts'
import { passedOverDelivery } from '../../../../services/console/deliveries/answer.ts'
import { lookAgain } from '../../../../services/console/deliveries/skipped.ts'

const names = {
  underWay: () => [],
  instances: [],
  of: () => '',
  waiting: () => 'paused',
  goesOn: () => true,
  phase: () => 'paused',
}

/** The subscription `a` stands at event 5. */
function stateOf(asked: string | undefined) {
  let questions = 0
  const console = {
    admin: {
      committed: async () => {
        questions += 1
        return [{ partition: 0, offset: 5, metadata: '' }]
      },
    },
    catalog: {
      subscriptionByUid: (uid: string) => (uid === 'a' ? { group: 'g', stream: 'orders' } : undefined),
      stream: (name: string) => (name === 'orders' ? { topic: 'events.orders' } : undefined),
    },
  } as unknown as Console
  const item = (uid: string, offset: number, state: 'skipped' | 'expired') =>
    passedOverDelivery({ subscription: `s-${uid}`, uid, stream: 'orders', partition: 0 }, offset, {
      state,
      atMs: 1_000,
    })
  const items = [item('a', 4, 'skipped'), item('a', 5, 'skipped'), item('a', 6, 'expired'), item('gone', 5, 'skipped')]
  return lookAgain(console, items, { names, asked }).then((found) => ({
    states: found.map(({ id, state, settledAt }) => [id, state, settledAt === null]),
    questions,
  }))
}

test('what was skipped waits again where an operator went back before it', async () => {
  assert.deepEqual(await stateOf(undefined), {
    states: [
      ['s-a-0-4', 'skipped', false],
      ['s-a-0-5', 'paused', true],
      ['s-a-0-6', 'expired', false],
      ['s-gone-0-5', 'skipped', false],
    ],
    questions: 1,
  })
})

test('a list of what was skipped leaves it out', async () => {
  const { states } = await stateOf('skipped')
  assert.deepEqual(
    states.map(([id]) => id),
    ['s-a-0-4', 's-a-0-6', 's-gone-0-5'],
  )
})
