import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Balance, Target as Spec, Subscription } from '#shared/catalog/model.ts'
import type { Decision } from '#shared/delivery/decide.ts'
import type { Target, TargetState } from '../../../services/consumer/target.ts'
import { Targets } from '../../../services/consumer/targets.ts'

type Fake = Target & { now: TargetState; until: number; running: number; room: number; isRetired: boolean }

function fakeTarget(url: string): Fake {
  const fake: Fake = {
    ...{ url, now: 'up', until: 0, running: 0, room: 64, isRetired: false },
    attempt: async () => null,
    state: () => fake.now,
    breaker: () => (fake.now === 'open' || fake.now === 'half-open' ? fake.now : 'closed'),
    wait(untilMs) {
      fake.now = 'waits'
      fake.until = untilMs
    },
    waitsUntilMs: () => fake.until,
    underWay: () => fake.running,
    limit: () => fake.room,
    lastSuccessAtMs: () => 0,
    nextProbeAtMs: () => (fake.now === 'open' ? 5 : null),
    lastError: () => null,
    release() {
      fake.now = 'up'
    },
    retire() {
      fake.isRetired = true
    },
    close: async () => {},
  }
  return fake
}

const concurrency = 10

const subscriptionOf = (balance: Balance, targets: Partial<Spec>[]) =>
  ({
    destination: {
      balance,
      targets: targets.map((spec, index) => ({
        ...{ url: `http://${index}/`, weight: 1, backup: false, healthPath: null },
        ...spec,
      })),
    },
    delivery: { timeoutMs: 1_000, connectTimeoutMs: 500, concurrency, rateLimit: null, onStatus: {} },
  }) as unknown as Subscription

function targetsOf(balance: Balance, specs: Partial<Spec>[]) {
  const gone = new Set<string>()
  const opened: Fake[] = []
  const subscription = subscriptionOf(balance, specs)
  const targets = new Targets({
    ...{ subscription, random: () => 0 },
    gone: { has: (url) => gone.has(url), add: (url) => void gone.add(url), follow: () => {} },
    open({ url }) {
      const fake = fakeTarget(url)
      opened.push(fake)
      return fake
    },
  })
  const fake = (index: number) => opened[index] ?? assert.fail(`no target ${index}`)
  const set = (...states: TargetState[]) =>
    states.forEach((state, index) => {
      fake(index).now = state
    })
  const pick = () => (opened as (Target | null)[]).indexOf(targets.pick([]))
  const picks = (count: number) => Array.from({ length: count }, pick)
  return { targets, subscription, opened, fake, set, picks, gone }
}

const decision = (kind: Decision['kind'], retryAfterMs: number | null = null): Decision => ({
  ...{ kind, code: '', detail: '', evidence: 'none', quickRetry: false, retryAfterMs, cause: null },
})

const standings: [TargetState[], string][] = [
  [['up', 'open', 'waits'], 'up'],
  [['waits', 'waits'], 'waits'],
  [['open', 'waits'], 'down open'],
  [['open', 'open'], 'down open'],
  [['open', 'half-open'], 'down half-open'],
  [['probing', 'open'], 'down probing'],
  [['probing', 'half-open'], 'down half-open'],
]

for (const [states, wants] of standings) {
  test(`targets that are ${states.join(', ')} come to ${wants}`, () => {
    const { targets, set } = targetsOf(
      'round-robin',
      states.map(() => ({})),
    )
    set(...states)
    const standing = targets.standing()
    assert.equal(standing.kind === 'down' ? `down ${standing.state}` : standing.kind, wants)
    assert.equal(targets.isAnyUp(), wants === 'up')
  })
}

test('when all wait, the first one to be asked again says until when', () => {
  const { targets, fake } = targetsOf('round-robin', [{}, {}])
  const nowMs = performance.now()
  fake(0).wait(nowMs + 9_000)
  targets.heed({ target: fake(1), decision: decision('target-waits', 2_000) })
  const standing = targets.standing()
  assert.ok(standing.kind === 'waits' && standing.untilMs >= nowMs + 2_000 && standing.untilMs < nowMs + 9_000)
})

test('a target that answered 410 counts for nothing; without another one nothing is left', () => {
  const { targets, fake, set, picks } = targetsOf('round-robin', [{}, {}])
  targets.heed({ target: fake(0), decision: decision('target-gone') })
  assert.deepEqual(picks(2), [1, 1])
  assert.deepEqual(
    targets.reports().map(({ healthy }) => healthy),
    [false, true],
  )
  set('half-open', 'open')
  assert.deepEqual(targets.standing(), { kind: 'down', state: 'open' })
  assert.equal(targets.pick([]), null)
  targets.heed({ target: fake(1), decision: decision('target-gone') })
  assert.deepEqual(targets.standing(), { kind: 'gone' })
  assert.equal(targets.nextProbeAtMs(), null)
})

test('one that may be back gets one delivery, the others get the rest', () => {
  const { set, picks } = targetsOf('round-robin', [{}, {}, {}])
  set('half-open', 'up', 'up')
  assert.deepEqual(picks(1), [0])
  set('probing', 'up', 'up')
  assert.deepEqual(picks(3), [1, 2, 1])
})

test('a delivery that was a probe goes on somewhere else', () => {
  const { targets, fake, set } = targetsOf('round-robin', [{}, {}])
  set('half-open', 'up')
  assert.equal(targets.pick([fake(0)]), fake(1))
})

const probes: [string, Balance, Partial<Spec>[], TargetState[], number][] = [
  ['a backup is not asked while another serves', 'round-robin', [{ backup: true }, {}], ['half-open', 'up'], 1],
  ['a backup is asked when no other is up', 'round-robin', [{ backup: true }, {}], ['half-open', 'open'], 0],
  ['a primary is asked while backups serve', 'round-robin', [{ backup: true }, {}], ['up', 'half-open'], 1],
  ['the next in line is not asked', 'primary-backup', [{}, {}], ['up', 'half-open'], 0],
  ['the first in line is asked', 'primary-backup', [{}, {}], ['half-open', 'up'], 0],
  ['a backup that stands first is not asked', 'primary-backup', [{ backup: true }, {}], ['half-open', 'up'], 1],
]

for (const [what, balance, specs, states, wants] of probes) {
  test(`${balance}: ${what}`, () => {
    const { set, picks } = targetsOf(balance, specs)
    set(...states)
    assert.deepEqual(picks(1), [wants])
  })
}

test('one that hangs takes half of the slots at most, one that has just come back what its ramp allows', () => {
  const { fake, picks } = targetsOf('round-robin', [{}, {}])
  fake(0).running = concurrency / 2
  assert.deepEqual(picks(3), [1, 1, 1])
  fake(0).running = 0
  fake(1).running = 1
  fake(1).room = 1
  assert.deepEqual(picks(2), [0, 0])
})

test('one that weighs more than all others may have its weight of the slots', () => {
  const { fake, picks } = targetsOf('weighted', [{ weight: 9 }, {}])
  fake(0).running = 8
  assert.ok(picks(10).filter((index) => index === 0).length > 5)
  fake(0).running = 9
  assert.deepEqual(picks(2), [1, 1])
})

test('alone, a target takes deliveries as long as it is up', () => {
  const { fake, set, picks } = targetsOf('weighted', [{}])
  fake(0).running = 99
  assert.deepEqual(picks(1), [0])
  set('half-open')
  assert.deepEqual(picks(1), [0])
  for (const state of ['open', 'waits', 'probing'] as const) {
    set(state)
    assert.deepEqual(picks(1), [-1], state)
  }
})

test('a change keeps the targets that stay as they are, with what is known of them', () => {
  const { targets, subscription, opened, fake } = targetsOf('round-robin', [{}, {}])
  const [a, b] = subscription.destination.targets
  assert.ok(a !== undefined && b !== undefined)
  const change = (specs: Spec[], delivery: Partial<Subscription['delivery']> = {}) =>
    targets.update({
      destination: { ...subscription.destination, targets: specs },
      delivery: { ...subscription.delivery, ...delivery },
    })
  change([{ ...b, weight: 5, backup: true }, a])
  assert.equal(opened.length, 2)
  change([{ ...a, url: 'http://other/' }, b])
  assert.deepEqual([opened.length, fake(0).isRetired, fake(1).isRetired], [3, true, false])
  change([
    { ...a, url: 'http://other/' },
    { ...b, healthPath: '/health' },
  ])
  assert.deepEqual([opened.length, fake(1).isRetired, fake(2).isRetired], [4, true, false])
  change([{ ...a, url: 'http://other/' }], { onStatus: { 404: 'delivered' } })
  assert.deepEqual([opened.length, fake(2).isRetired, fake(3).isRetired], [5, true, true])
})

test('released by an operator, all of them take deliveries', () => {
  const { targets, set, picks } = targetsOf('round-robin', [{}, {}])
  set('open', 'waits')
  targets.release()
  assert.deepEqual([targets.standing().kind, picks(2)], ['up', [0, 1]])
})

test('in a comparison the first target alone decides; the second one looks on while it can', () => {
  const { targets, fake, set, picks } = targetsOf('compare', [{}, {}])
  assert.deepEqual(picks(3), [0, 0, 0])
  assert.equal(targets.companion(), fake(1))
  fake(1).running = concurrency
  assert.equal(targets.companion(), null)
  set('up', 'half-open')
  assert.deepEqual([picks(1), targets.companion(), targets.standing().kind], [[0], fake(1), 'up'])
  set('up', 'open')
  assert.deepEqual([picks(1), targets.companion(), targets.standing().kind], [[0], null, 'up'])
  set('open', 'up')
  assert.deepEqual([picks(1), targets.standing().kind], [[-1], 'down'])
  assert.equal(targetsOf('round-robin', [{}, {}]).targets.companion(), null)
})
