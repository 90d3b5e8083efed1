import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { recordKey } from '#shared/catalog/record-keys.ts'
import { type Behaviour, createReceiver, type Received, type Receiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, idsByKey, type Members, runConsumer, streamName, untilHeld } from './fixture.ts'

/** Between two probes of a target that is down. */
const shortestRestMs = 3_900

const events = (count: number, keys: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({
    key: `k${index % keys}`,
    id: `e${String(from + index).padStart(5, '0')}`,
  }))

/** What a receiver answers unless it is told otherwise. */
const okBody = { bodySha256: createHash('sha256').update('ok').digest('hex'), bodyBytes: 2 }

const idOf = ({ headers }: Received) => String(headers['ce-id'])

/** What all of them got, in the order in which it arrived. */
const together = (receivers: readonly Receiver[]) =>
  receivers.flatMap(({ requests }) => requests).sort((a, b) => a.atMs - b.atMs)

/** Every event once, and those of a key in their order, whichever target took them. */
function assertAllOnceInOrder(requests: readonly Received[], count: number): void {
  assert.equal(new Set(requests.map(idOf)).size, count)
  assert.equal(requests.length, count)
  for (const [key, ids] of idsByKey(requests)) assert.deepEqual(ids, [...ids].sort(), `order of ${key}`)
}

/** No two requests come sooner than one probe after another. */
function assertOnlyProbes({ requests }: Receiver): void {
  const gaps = requests.slice(1).map(({ atMs }, index) => atMs - (requests[index]?.atMs ?? 0))
  assert.ok(
    gaps.every((gap) => gap > shortestRestMs),
    `probes ${gaps.map(Math.round).join(', ')} ms apart`,
  )
}

test('of three targets a dead one gets only probes, the others get all, and it comes back by itself', async (t) => {
  const installation = await createInstallation(t)
  const [a, b, dead] = [await createReceiver(t), await createReceiver(t), await createReceiver(t)]
  await dead.refuse()
  const subscription = await installation.subscribe(a, { targets: [{ url: dead.url }, { url: b.url }] })
  const deadLetters = await installation.deadLetters()
  await runConsumer(installation, 'one')
  await installation.publish(events(600, 60))
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  assertAllOnceInOrder(together([a, b]), 600)
  assert.ok(Math.min(a.requests.length, b.requests.length) > 150, `${a.requests.length} and ${b.requests.length}`)

  dead.behave({ kind: 'answer', status: 503 })
  await dead.accept()
  let published = 600
  const trickle = async () => {
    await installation.publish(events(2, 2, published))
    published += 2
  }
  await until('it was probed twice', async () => {
    await trickle()
    return dead.requests.length >= 2
  })
  const [first, second] = dead.requests
  assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) > shortestRestMs, 'one probe at a time, about 5 s apart')
  dead.behave({ kind: 'answer' })
  const probes = dead.requests.length
  await until('it has its share again', async () => {
    await trickle()
    return dead.requests.length >= probes + 50
  })
  await until('the rest is delivered', async () => (await installation.lag(subscription)) === 0)
  const taken = [...dead.requests.slice(probes), ...a.requests, ...b.requests].sort((x, y) => x.atMs - y.atMs)
  assertAllOnceInOrder(taken, published)
  assert.equal(deadLetters.length, 0)
})

test('with all targets down it is held: only probes, nothing is burned, and one that is back takes all', async (t) => {
  const installation = await createInstallation(t)
  const [a, b, well] = [await createReceiver(t), await createReceiver(t), await createReceiver(t)]
  await Promise.all([a.refuse(), b.refuse()])
  const subscription = await installation.subscribe(a, { targets: [{ url: b.url }], delivery: { concurrency: 16 } })
  const other = await installation.subscribe(well)
  const deadLetters = await installation.deadLetters()
  const consumer = await runConsumer(installation, 'one')
  await installation.publish(events(200, 20))
  await until('the other subscription has all', async () => (await installation.lag(other)) === 0)
  await untilHeld(consumer, subscription)
  for (const receiver of [a, b]) {
    receiver.behave({ kind: 'answer', status: 503 })
    await receiver.accept()
  }
  await until('each was probed twice', () => a.requests.length >= 2 && b.requests.length >= 2)
  for (const receiver of [a, b]) assertOnlyProbes(receiver)
  b.behave({ kind: 'answer' })
  const before = b.requests.length
  await until('all is drained', async () => (await installation.lag(subscription)) === 0)
  assertAllOnceInOrder(b.requests.slice(before), 200)
  assertOnlyProbes(a)
  assert.equal(deadLetters.length, 0)
})

test('410 takes one of two targets out, on every instance and for later ones, until an operator resumes', async (t) => {
  const installation = await createInstallation(t)
  const a = await createReceiver(t)
  const gone = await createReceiver(t, { behaviour: { kind: 'answer', status: 410 } })
  const members = { targets: [{ url: gone.url }], delivery: { concurrency: 1 } }
  const subscription = await installation.subscribe(a, members)
  const first = await runConsumer(installation, 'one')
  await installation.publish(events(40, 10))
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  assertAllOnceInOrder(a.requests, 40)
  assert.equal(gone.requests.length, 1)
  const state = () => installation.catalog.state(subscription.uid)
  await until('the record names it', () => state()?.gone.length === 1)
  assert.deepEqual([state()?.gone[0]?.url, state()?.reason], [gone.url, null])

  await first.stop()
  await runConsumer(installation, 'two')
  await installation.publish(events(40, 10, 40))
  await until('the next instance delivers', async () => (await installation.lag(subscription)) === 0)
  assert.deepEqual([a.requests.length, gone.requests.length], [80, 1])

  gone.behave({ kind: 'answer' })
  const resumedAt = new Date().toISOString()
  const { uid } = subscription
  await installation.catalog.write(recordKey.subscription(uid), { ...subscription, resumedAt })
  let published = 80
  await until('it takes its share again', async () => {
    await installation.publish(events(2, 2, published))
    published += 2
    return gone.requests.length > 1
  })
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  assert.equal(a.requests.length + gone.requests.length, published + 1)

  for (const receiver of [a, gone]) receiver.behave({ kind: 'answer', status: 410 })
  await installation.publish(events(5, 5, published))
  await until('with both gone it pauses itself', () => state()?.reason === 'receiver-gone')
  assert.deepEqual(
    state()
      ?.gone.map(({ url }) => url)
      .sort(),
    [a.url, gone.url].sort(),
  )
  assert.equal(await installation.lag(subscription), 5)
})

test('a health path takes a target out and brings it back, without an event as a probe', async (t) => {
  const installation = await createInstallation(t)
  const a = await createReceiver(t)
  let isWell = false
  const checked = await createReceiver(t, {
    behaviour: ({ method }) => ({ kind: 'answer', status: method === 'GET' && !isWell ? 500 : 200 }),
  })
  const url = `${checked.url}hooks`
  const subscription = await installation.subscribe(a, { targets: [{ url, healthPath: '/healthz' }] })
  await runConsumer(installation, 'one')
  const posts = () => checked.requests.filter(({ method }) => method === 'POST')
  await until('two checks failed', () => checked.requests.length >= 2)
  await until('the answer is read', () => checked.openConnections() <= 1)
  const before = posts().length
  await installation.publish(events(50, 10))
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  assert.deepEqual([a.requests.length, posts().length - before], [50, 0])
  isWell = true
  let published = 50
  await until('it takes its share again', async () => {
    await installation.publish(events(2, 2, published))
    published += 2
    return posts().length > before
  })
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  assertAllOnceInOrder(
    [...a.requests, ...posts()].sort((x, y) => x.atMs - y.atMs),
    published,
  )
  const [check] = checked.requests
  assert.deepEqual([check?.method, check?.path, check?.headers['webhook-signature']], ['GET', '/healthz', undefined])
})

test('a target that hangs keeps half of the slots at most, the other one goes on with the rest', async (t) => {
  const installation = await createInstallation(t)
  const a = await createReceiver(t)
  const hanging = await createReceiver(t, { behaviour: { kind: 'hang' } })
  const delivery = { concurrency: 10, timeoutMs: 120_000 }
  await installation.subscribe(a, { targets: [{ url: hanging.url }], delivery })
  await runConsumer(installation, 'one')
  await installation.publish(events(200, 200))
  await until('all others are delivered', () => a.requests.length + hanging.requests.length === 200)
  assert.equal(hanging.requests.length, 5)
  // Its answers would be waited for: the connections end instead.
  await hanging.close()
})

test('backups serve only while no other target is up', async (t) => {
  const installation = await createInstallation(t)
  const [primary, backup] = [await createReceiver(t), await createReceiver(t)]
  const targets = [{ url: backup.url, backup: true }]
  const subscription = await installation.subscribe(primary, { targets })
  await runConsumer(installation, 'one')
  await installation.publish(events(50, 10))
  await until('the primary has all', async () => (await installation.lag(subscription)) === 0)
  assert.deepEqual([primary.requests.length, backup.requests.length], [50, 0])
  await primary.refuse()
  await installation.publish(events(50, 10, 50))
  await until('the backup has the rest', async () => (await installation.lag(subscription)) === 0)
  assertAllOnceInOrder(backup.requests, 50)
})

test('what a status means is what the subscription says, unless the receiver says it itself', async (t) => {
  const installation = await createInstallation(t)
  let retries = 0
  const receiver = await createReceiver(t, {
    behaviour: ({ headers }) => {
      const key = String(headers['tailrace-key'])
      const outcome = key === '200-retry' && retries++ > 0 ? '' : key.slice(4)
      return {
        ...{ kind: 'answer', status: Number(key.slice(0, 3)) },
        headers: outcome === '' ? {} : { 'tailrace-outcome': outcome },
      }
    },
  })
  const delivery = { onStatus: { 409: 'delivered', '4xx': 'dead-letter', 202: 'dead-letter' } as const }
  const subscription = await installation.subscribe(receiver, { delivery, retry: { scheduleMs: [200] } })
  const deadLetters = await installation.deadLetters()
  await runConsumer(installation, 'one')
  const plain = ['200', '202', '404', '409']
  const asked = ['404-delivered', '409-dead-letter', '500-delivered', '200-retry', '200-discard']
  await installation.publish([...plain, ...asked].map((key) => ({ key, id: key })))
  await until('all is settled', async () => (await installation.lag(subscription)) === 0)
  await until('the dead letters are there', () => deadLetters.length === 3)
  await until('what asked for a retry had it', () => receiver.requests.length === plain.length + asked.length + 1)
  assert.deepEqual(
    deadLetters.map(({ headers }) => `${headers.ce_id} ${headers.tailrace_cause} ${headers.tailrace_code}`).sort(),
    ['202 refused status-202', '404 refused status-404', '409-dead-letter asked status-409'],
  )
})

test('a comparison: both get every event, the first one decides, and what differs is told with its attempt', async (t) => {
  const installation = await createInstallation(t)
  const primary = await createReceiver(t)
  const other = await createReceiver(t, {
    behaviour: ({ headers }) =>
      headers['ce-id'] === 'e00003' ? { kind: 'answer', status: 500 } : { kind: 'answer', status: 201 },
  })
  const [ops, batches] = [await installation.ops(), await installation.attempts()]
  const subscription = await installation.subscribe(primary, { targets: [{ url: other.url }], balance: 'compare' })
  const service = await runConsumer(installation, 'one')
  await installation.publish(events(20, 20))
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  await until('the other one has all', () => other.requests.length === 20)
  assertAllOnceInOrder(primary.requests, 20)
  const ids = (receiver: Receiver) => receiver.requests.map(({ headers }) => headers['webhook-id']).sort()
  assert.deepEqual(ids(other), ids(primary))
  const metrics = async () => await (await fetch(`${service.adminUrl}/metrics`)).text()
  const count = async (result: string) =>
    Number(new RegExp(`tailrace_comparisons_total\\{result="${result}"\\} (\\d+)`).exec(await metrics())?.[1] ?? 0)
  await until('all are compared', async () => (await count('match')) === 19 && (await count('mismatch')) === 1)
  const mismatch = await until('the mismatch is told', () => ops[0])
  assert.deepEqual([ops.length, mismatch.type], [1, 'tailrace.compare.mismatch'])
  const sides = [mismatch.data.primary, mismatch.data.other] as { target: string }[]
  assert.deepEqual(
    sides.map(({ target }) => target),
    [primary, other].map(({ url }) => new URL(url).origin),
  )
  const told = () => batches.flatMap(({ partition, comparisons }) => comparisons.map((one) => ({ partition, ...one })))
  await until('all comparisons are on record', () => told().length === 20)
  const differing = told().filter(({ comparison }) => comparison.kind === 'mismatch')
  assert.deepEqual(
    differing.map(({ partition, offset, number, url }) => [`${streamName}-${partition}-${offset}`, number, url]),
    [[mismatch.data.position, 1, other.url]],
  )
  assert.deepEqual(differing[0]?.comparison, {
    kind: 'mismatch',
    ...{ primary: { status: 200, ...okBody }, other: { status: 500, ...okBody } },
  })
  const attempts = batches.flatMap(({ entries }) => entries.flatMap(({ list }) => list))
  assert.ok(attempts.length === 20 && attempts.every(({ isCompared }) => isCompared))

  await other.refuse()
  await installation.publish(events(20, 20, 20))
  await until('the first one goes on alone', async () => (await installation.lag(subscription)) === 0)
  assertAllOnceInOrder(primary.requests, 40)
})

test('a second target that hangs has slots of its own, holds up no delivery, and nobody waits for it at the end', async (t) => {
  const installation = await createInstallation(t)
  const primary = await createReceiver(t)
  const hanging = await createReceiver(t, { behaviour: { kind: 'hang' } })
  const batches = await installation.attempts()
  const subscription = await installation.subscribe(primary, {
    ...{ targets: [{ url: hanging.url }], balance: 'compare', delivery: { concurrency: 8, timeoutMs: 120_000 } },
  })
  const service = await runConsumer(installation, 'one')
  await installation.publish(events(400, 40))
  await until('the first one has all', async () => (await installation.lag(subscription)) === 0)
  assertAllOnceInOrder(primary.requests, 400)
  assert.equal(hanging.requests.length, 8)
  await service.stop()
  const kinds = () => batches.flatMap(({ comparisons }) => comparisons.map(({ comparison: { kind } }) => kind))
  await until('all comparisons are on record', () => kinds().length === 400)
  assert.deepEqual([...new Set(kinds())].sort(), ['skipped', 'unanswered'])
  assert.equal(kinds().filter((kind) => kind === 'unanswered').length, 8)
})

test('whatever a second target does, the first one gets all once and in order, and nothing is held', async (t) => {
  const installation = await createInstallation(t)
  const [ops, batches] = [await installation.ops(), await installation.attempts()]
  const deadLetters = await installation.deadLetters()
  const behaviours: Behaviour[] = [
    ...[500, 410].map((status) => ({ kind: 'answer' as const, status })),
    { kind: 'answer', status: 429, headers: { 'retry-after': '600' } },
    { kind: 'answer', headers: { 'tailrace-outcome': 'dead-letter' } },
    { kind: 'reset' },
    { kind: 'huge', bytes: 16 * 1024 * 1024 },
    { kind: 'drip', everyMs: 50 },
  ]
  const count = 60
  const pairs = []
  for (const behaviour of behaviours) {
    const [primary, second] = [await createReceiver(t), await createReceiver(t, { behaviour })]
    // Long enough for a first target on a machine that has much to do; so long takes the one that never ends.
    const delivery = { timeoutMs: 15_000, concurrency: 8 }
    const members: Members = { targets: [{ url: second.url }], balance: 'compare', delivery }
    pairs.push({ behaviour, primary, second, subscription: await installation.subscribe(primary, members) })
  }
  await runConsumer(installation, 'one')
  await installation.publish(events(count, 12))
  for (const { subscription } of pairs) {
    await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  }
  const compared = (uid: string) => batches.filter((one) => one.uid === uid).flatMap(({ comparisons }) => comparisons)
  for (const { behaviour, primary, second, subscription } of pairs) {
    const { uid } = subscription
    await until(`${behaviour.kind}: every attempt has its comparison`, () => compared(uid).length === count)
    assertAllOnceInOrder(primary.requests, count)
    assert.ok(second.requests.length > 0)
    assert.equal(installation.catalog.state(uid)?.reason ?? null, null)
  }
  const entries = batches.flatMap((batch) => batch.entries)
  assert.equal(entries.length, pairs.length * count)
  assert.ok(entries.every(({ state, attempts }) => state === 'delivered' && attempts === 1))
  assert.deepEqual([...new Set(ops.map(({ type }) => type))], ['tailrace.compare.mismatch'])
  assert.equal(deadLetters.length, 0)
})

test('while the first of two compared targets is down it is held, however well the second one is', async (t) => {
  const installation = await createInstallation(t)
  const [primary, other] = [await createReceiver(t), await createReceiver(t)]
  await primary.refuse()
  const ops = await installation.ops()
  const subscription = await installation.subscribe(primary, { targets: [{ url: other.url }], balance: 'compare' })
  await runConsumer(installation, 'one')
  await installation.publish(events(60, 20))
  await until('it is held', () => ops.some(({ type }) => type === 'tailrace.subscription.held'))
  await primary.accept()
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  assertAllOnceInOrder(primary.requests, 60)
})
