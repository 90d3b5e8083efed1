import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Catalog } from '#shared/catalog/catalog.ts'
import type { Subscription, SubscriptionState } from '#shared/catalog/model.ts'
import { GoneTargets } from '../../../services/consumer/gone-targets.ts'
import { createStateRecords } from '../../../services/consumer/state-record.ts'

const uid = 'k3v9q2'
const [a, b] = ['http://a/', 'http://b/']

/** One catalog and the two instances that write its state record. `land` makes writes visible, in their order. */
function twoInstances() {
  const landing: (() => void)[] = []
  let state: SubscriptionState | undefined
  let subscription = { uid, resumedAt: null } as Subscription
  const catalog: Pick<Catalog, 'state' | 'subscriptionByUid' | 'write'> = {
    state: () => state,
    subscriptionByUid: () => subscription,
    write: (_key, value) =>
      new Promise((resolve) => {
        landing.push(() => {
          state = value as SubscriptionState
          resolve(0)
        })
      }),
  }
  const instance = () => {
    const states = createStateRecords(catalog)
    const gone = new GoneTargets({
      ...{ states, subscription: () => subscription, onGone: () => {} },
      onNotWritten: (error) => assert.fail(String(error)),
    })
    return { states, gone }
  }
  const instances = [instance(), instance()] as const
  return {
    instances,
    state: () => state,
    async land() {
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
      for (const write of landing.splice(0)) write()
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
      for (const { gone } of instances) gone.follow()
    },
    resume(resumedAt: string) {
      subscription = { ...subscription, resumedAt }
      for (const { gone } of instances) gone.follow()
    },
  }
}

test('a target that answered 410 is out here at once, and for the others when the record says so', async () => {
  const { instances, land } = twoInstances()
  const [one, two] = instances
  one.gone.add(a, '410')
  assert.deepEqual([one.gone.has(a), one.gone.has(b), two.gone.has(a)], [true, false, false])
  await land()
  assert.equal(two.gone.has(a), true)
})

test('of two instances that write at the same time neither is forgotten', async () => {
  const { instances, land, state } = twoInstances()
  const [one, two] = instances
  one.gone.add(a, '410')
  two.gone.add(b, '410')
  await land()
  await land()
  await land()
  assert.deepEqual(
    state()
      ?.gone.map(({ url }) => url)
      .sort(),
    [a, b],
  )
  assert.deepEqual([one.gone.has(b), two.gone.has(a)], [true, true])
})

test('a resume puts all back in, also those that no record names yet', async () => {
  const { instances, land, resume } = twoInstances()
  const [one, two] = instances
  one.gone.add(a, '410')
  await land()
  two.gone.add(b, '410')
  resume(new Date(Date.now() + 1).toISOString())
  for (const { gone } of instances) assert.deepEqual([gone.has(a), gone.has(b)], [false, false])
})

test('two finds of one instance are written before what it writes afterwards', async () => {
  const { instances, land, state } = twoInstances()
  const [{ states, gone }] = instances
  gone.add(a, '410')
  gone.add(b, '410')
  const written = states.write(uid, { reason: 'receiver-gone' })
  await land()
  await land()
  assert.deepEqual([state()?.reason, state()?.gone.length], [null, 2])
  await land()
  await written
  assert.deepEqual([state()?.reason, state()?.gone.length], ['receiver-gone', 2])
})

test('what one writes after the other does not forget it', async () => {
  const { instances, land, state } = twoInstances()
  const [{ states, gone }] = instances
  gone.add(a, '410')
  const written = states.write(uid, { reason: 'receiver-gone' })
  await land()
  await land()
  await written
  assert.deepEqual([state()?.reason, state()?.gone.map(({ url }) => url)], ['receiver-gone', [a]])
})
