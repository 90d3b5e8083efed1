import assert from 'node:assert/strict'
import type { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import type { JobAnswer } from '#shared/catalog/job-schema.ts'
import type { Listener } from '../../../../services/console/live/audience.ts'
import type { DeliveryBatch } from '../../../../services/console/live/deliveries.ts'
import { openLiveHub } from '../../../../services/console/live/hub.ts'
import { type Topic, topics } from '../../../../services/console/live/journal.ts'
import { until } from '../../../support/until.ts'

const pace = { stateMs: 1, deliveriesMs: 1, jobsMs: 1, commentMs: 5, lingerMs: 60_000 }
const nothing: DeliveryBatch = { kept: [], more: new Map() }

/** A hub whose sources say what the test lets happen. */
function hubOf(t: TestContext, changes: { mostClients?: number; lingerMs?: number } = {}) {
  const world = {
    state: { at: 0 } as Record<string, unknown>,
    batches: [] as DeliveryBatch[],
    jobs: [] as JobAnswer[][],
  }
  const counts = { looks: 0, failures: 0, begun: 0 }
  const hub = openLiveHub({
    sources: {
      async state() {
        counts.looks += 1
        if (world.state.broken === true) throw new Error('broken')
        return world.state
      },
      deliveries: {
        async begin() {
          counts.begun += 1
          if (world.state.kafka === 'away') throw new Error('away')
        },
        since: async () => world.batches.shift() ?? nothing,
      },
      jobs: { begin: async () => {}, since: async () => world.jobs.shift() ?? [] },
    },
    mostClients: changes.mostClients ?? 10,
    failed() {
      counts.failures += 1
    },
    pace: { ...pace, ...changes },
  })
  t.after(() => hub.close())
  return { hub, world, counts }
}

const listener = (changes: Partial<Listener> = {}): Listener => ({
  ...{ topics: new Set<Topic>(topics), filter: { subscription: undefined, state: undefined }, cursor: undefined },
  isAllowed: async () => true,
  ...changes,
})

type Heard = { event: string; data: Record<string, unknown>; id: string | undefined }

/** Reads as a browser does. */
function read(stream: Readable) {
  let text = ''
  let isOver = false
  stream.on('data', (chunk) => {
    text += chunk
  })
  stream.on('close', () => {
    isOver = true
  })
  const messages = (): Heard[] =>
    text
      .split('\n\n')
      .slice(0, -1)
      .map((part) => Object.fromEntries(part.split('\n').map((line) => line.split(/: (.*)/s))))
      .filter(({ event }) => event !== undefined)
      .map(({ event, data, id }) => ({ event, data: JSON.parse(data), id }))
  const of = (event: string) => messages().filter((message) => message.event === event)
  return { messages, of, text: () => text, isOver: () => isOver, lastId: () => messages().findLast(({ id }) => id)?.id }
}

const delivery = { subscription: 'billing', state: 'delivered', isNotable: false, data: { id: 'billing-0-1' } }

test('a client hears the whole state once, then what changes of it, deliveries and jobs', async (t) => {
  const { hub, world } = hubOf(t)
  const heard = read(await hub.listen(listener()))
  await until('it is greeted', () => heard.of('state').length === 1)
  world.state = { at: 1 }
  world.batches.push({ kept: [delivery], more: new Map([['billing\ndelivered', 3]]) })
  world.jobs.push([{ id: 'job_1' } as JobAnswer])
  await until('all three have come', () => heard.of('state-patch').length === 1 && heard.of('job').length === 1)
  await until('the deliveries have come', () => heard.of('deliveries-omitted').length === 1)
  assert.match(heard.text(), /^retry: 1000\n\nid: /)
  assert.deepEqual(heard.of('state')[0]?.data, { at: 0 })
  assert.deepEqual(heard.of('state-patch')[0]?.data, { at: 1 })
  assert.deepEqual(heard.of('delivery')[0]?.data, { id: 'billing-0-1' })
  assert.deepEqual(heard.of('deliveries-omitted')[0]?.data, { count: 3 })
  assert.deepEqual(heard.of('job')[0]?.data, { id: 'job_1' })
  await until('a comment has come', () => /\n\n:\n\n/.test(heard.text()))
})

test('who comes back goes on where it was, also as the only client, and hears nothing twice', async (t) => {
  const { hub, world } = hubOf(t)
  const stream = await hub.listen(listener())
  const heard = read(stream)
  await until('it has an id', () => heard.lastId())
  stream.destroy()
  await until('it is gone', () => heard.isOver())
  const looked = world.batches.push({ kept: [delivery], more: new Map() })
  assert.equal(looked, 1)
  await until('nobody heard it', () => world.batches.length === 0)
  const again = read(await hub.listen(listener({ cursor: heard.lastId() })))
  await until('it has come', () => again.of('delivery').length === 1)
  assert.deepEqual(
    again.messages().map(({ event }) => event),
    ['delivery'],
  )
})

test('who comes back too late is told so and begins anew', async (t) => {
  const { hub } = hubOf(t)
  const heard = read(await hub.listen(listener({ cursor: 'another.7', topics: new Set(['state', 'jobs']) })))
  await until('it has the state', () => heard.of('state').length === 1)
  assert.deepEqual(
    heard.messages().map(({ event }) => event),
    ['reset', 'state'],
  )
  assert.deepEqual(heard.of('reset')[0]?.data, { reason: 'cursor-expired' })
})

test('without the state the first message is a greeting with an id', async (t) => {
  const { hub } = hubOf(t)
  const heard = read(await hub.listen(listener({ topics: new Set(['deliveries']) })))
  await until('it is greeted', () => heard.of('listening').length === 1)
  assert.ok(heard.lastId())
  assert.equal(heard.of('state').length, 0)
})

test('a client that does not read is told to begin anew, and holds up nobody', async (t) => {
  const { hub, world } = hubOf(t)
  const slow = await hub.listen(listener())
  const heard = read(await hub.listen(listener()))
  const large = { ...delivery, data: { text: 'x'.repeat(300_000) } }
  for (let at = 0; at < 6; at += 1) world.batches.push({ kept: [large], more: new Map() })
  await until('the other one has heard all', () => heard.of('delivery').length === 6)
  const late = read(slow)
  await until('the slow one is ended', () => late.of('reset').length === 1)
  assert.deepEqual(late.of('reset')[0]?.data, { reason: 'too-slow' })
  assert.ok(late.of('delivery').length < 6)
})

test('a stream ends as soon as its key or session does not count any more', async (t) => {
  const { hub } = hubOf(t)
  let isAllowed = true
  const heard = read(await hub.listen(listener({ isAllowed: async () => isAllowed })))
  const other = read(await hub.listen(listener()))
  isAllowed = false
  hub.recheck()
  await until('it has ended', () => heard.isOver())
  assert.deepEqual(heard.of('reset')[0]?.data, { reason: 'credential-invalid' })
  assert.equal(other.isOver(), false)
})

test('one client more than the limit is refused until another one has gone', async (t) => {
  const { hub } = hubOf(t, { mostClients: 1 })
  const stream = await hub.listen(listener())
  await assert.rejects(hub.listen(listener()), { code: 'overloaded', detail: /TAILRACE_LIMIT_LIVE_CLIENTS/ })
  stream.destroy()
  await until('there is room', () => hub.listen(listener()))
})

test('when nobody listens the sources are left alone, and begin anew with the next one', async (t) => {
  const { hub, counts } = hubOf(t, { lingerMs: 0 })
  assert.equal(counts.looks, 0)
  const stream = await hub.listen(listener())
  await until('they are asked', () => counts.looks > 3)
  stream.destroy()
  await until('they are asked no more', async () => {
    const before = counts.looks
    await new Promise((resolve) => setTimeout(resolve, 20))
    return counts.looks === before
  })
  await hub.listen(listener())
  assert.equal(counts.begun, 2)
})

test('sources that do not answer refuse a first client, and interrupt nobody later', async (t) => {
  const { hub, world, counts } = hubOf(t)
  world.state = { broken: true }
  await assert.rejects(hub.listen(listener()), /broken/)
  world.state = { at: 1 }
  const heard = read(await hub.listen(listener()))
  world.state = { broken: true }
  await until('it failed', () => counts.failures > 0)
  world.state = { at: 2 }
  await until('it goes on', () => heard.of('state-patch').length === 1)
})

test('while the log cannot be read a client hears the state all the same', async (t) => {
  const { hub, world, counts } = hubOf(t)
  world.state = { kafka: 'away' }
  const heard = read(await hub.listen(listener()))
  await until('it has come', () => heard.of('state').length === 1)
  assert.deepEqual([heard.of('state')[0]?.data, counts.failures], [{ kafka: 'away' }, 1])
})

test('a console that stops ends every stream and takes no new one', async (t) => {
  const { hub } = hubOf(t)
  const heard = read(await hub.listen(listener()))
  hub.close()
  await until('it has ended', () => heard.isOver())
  assert.deepEqual(heard.of('reset')[0]?.data, { reason: 'stopping' })
  await assert.rejects(hub.listen(listener()), { code: 'stopping' })
})
