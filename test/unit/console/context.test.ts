import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Catalog } from '#shared/catalog/catalog.ts'
import { change, createWriter } from '../../../services/console/context.ts'

const catalogThat = (caughtUp: boolean) =>
  ({ takeTurn: async () => caughtUp, mend: async () => undefined }) as unknown as Catalog

test('a change on a catalog that cannot be read to its end is refused before it begins', async () => {
  let ran = false
  const work = async () => {
    ran = true
  }
  const console = { writer: createWriter(), catalog: catalogThat(false) }
  await assert.rejects(change(console, work), /kafka-unavailable/)
  assert.equal(ran, false)
})

test('changes run one after the other, and one that fails does not stop the next', async () => {
  const writer = createWriter()
  const log: string[] = []
  const work =
    (name: string, fails = false) =>
    async () => {
      log.push(`${name} begins`)
      await new Promise((resolve) => setImmediate(resolve))
      log.push(`${name} ends`)
      if (fails) throw new Error(name)
    }
  const results = await Promise.allSettled([writer(work('a', true)), writer(work('b'))])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  )
  assert.deepEqual(log, ['a begins', 'a ends', 'b begins', 'b ends'])
})
