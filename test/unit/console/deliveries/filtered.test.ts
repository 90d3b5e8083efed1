import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { readCursor } from '../../../../services/console/deliveries/cursor.ts'
import { listFiltered } from '../../../../services/console/deliveries/filtered.ts'
import { type Filter, streamInMemory } from './stream-in-memory.ts'

function worldOf(options: Parameters<typeof streamInMemory>[0] = {}) {
  const { log, question } = streamInMemory(options)
  const page = (asked: Partial<Filter> = {}, limit = 50, cursor: string | null = null) =>
    listFiltered(question(asked, limit, cursor === null ? null : readCursor(cursor).after))
  const offsets = async (asked: Partial<Filter> = {}) =>
    (await page(asked)).items.map(({ id }) => Number(id.split('-').at(-1)))
  return { log, page, offsets }
}

test('what the filter left out is listed, newest first, as far as the subscription has gone', async () => {
  const { page, offsets } = worldOf()
  assert.deepEqual(await offsets(), [17, 14, 13, 11, 8, 7, 5, 4, 2])
  const [newest] = (await page()).items
  assert.deepEqual(
    [newest?.id, newest?.state, newest?.because, newest?.position],
    ['billing-0-17', 'filtered', 'type invoice.made is not in order.*', 'orders-0-17'],
  )
  assert.deepEqual(await offsets({ key: 'k1' }), [17, 13, 11, 7, 5])
  assert.deepEqual(await offsets({ type: 'order.made' }), [])
  assert.deepEqual(await offsets({ sinceMs: 5_000, untilMs: 11_000 }), [8, 7, 5])
  assert.deepEqual(await offsets({ target: 'https://billing.example' }), [])
})

test('pages follow each other without a gap', async () => {
  const { page } = worldOf()
  for (const limit of [1, 2, 3]) {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { items, next }: Awaited<ReturnType<typeof page>> = await page({}, limit, cursor)
      assert.ok(items.length <= limit)
      seen.push(...items.map(({ id }) => id))
      cursor = next
    } while (cursor !== null)
    assert.deepEqual(
      seen,
      [17, 14, 13, 11, 8, 7, 5, 4, 2].map((offset) => `billing-0-${offset}`),
    )
  }
})

test('what the attempts log tells about is no filtered one, whatever the filter of now says', async () => {
  const { log, offsets } = worldOf()
  log.write('a', 9_000, [{ offset: 8 }, { offset: 4, state: 'retrying', nextAttemptAtMs: 99_000 }])
  log.write('a', 12_000, [], { ranges: [{ from: 10, to: 12, state: 'skipped' }] })
  log.write('b', 12_500, [{ offset: 13 }])
  assert.deepEqual(await offsets(), [17, 14, 13, 7, 5, 2])
})

test('what is older than the filter is left out where the log cannot be read so far', async () => {
  const { log, offsets } = worldOf({ updatedMs: 5_000 })
  log.write('a', 9_000, [{ offset: 8 }])
  for (let at = 0; at < 20; at += 1) {
    const url = randomBytes(1024 * 1024).toString('base64')
    log.write('a', 20_000 + at, [], {
      comparisons: [{ offset: 0, number: 1, url, comparison: { kind: 'match' } }],
    })
  }
  assert.deepEqual(await offsets(), [17, 14, 13, 11, 8, 7, 5])
})
