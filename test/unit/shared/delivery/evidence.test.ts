import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Evidence } from '#shared/delivery/decide.ts'
import { noEvidence, type Observation, observe, saysDown } from '#shared/delivery/evidence.ts'

const after = (...observations: [Evidence, string, number][]) =>
  observations.reduce((so, [evidence, event, atMs]) => observe(so, { evidence, event, atMs }), noEvidence)
const isDown = (...observations: [Evidence, string, number][]) => saysDown(after(...observations))

test('three connection failures in a row open, even of one event', () => {
  assert.equal(isDown(['connection', 'a', 0], ['connection', 'a', 1]), false)
  assert.equal(isDown(['connection', 'a', 0], ['connection', 'a', 1], ['connection', 'a', 2]), true)
})

test('an answer, good or bad, ends a row of connection failures', () => {
  assert.equal(isDown(['connection', 'a', 0], ['connection', 'a', 1], ['up', 'b', 2], ['connection', 'a', 3]), false)
  assert.equal(
    isDown(['connection', 'a', 0], ['connection', 'a', 1], ['response', 'b', 2], ['connection', 'a', 3]),
    false,
  )
})

test('bad answers to three different events within 10 s open', () => {
  assert.equal(isDown(['response', 'a', 0], ['response', 'b', 1], ['response', 'c', 10_000]), true)
  assert.equal(isDown(['response', 'a', 0], ['response', 'b', 1], ['response', 'c', 10_001]), false)
  assert.equal(isDown(['response', 'a', 0], ['response', 'b', 1], ['response', 'a', 2], ['response', 'b', 3]), false)
})

test('a failure of the same event again counts from its newest time', () => {
  assert.equal(
    isDown(['response', 'a', 0], ['response', 'a', 9_000], ['response', 'b', 9_001], ['response', 'c', 11_000]),
    true,
  )
})

test('a success forgets everything, no evidence changes nothing', () => {
  const { connectionFailures, responseFailures } = after(['response', 'a', 0], ['connection', 'b', 1], ['up', 'c', 2])
  assert.deepEqual([connectionFailures, responseFailures], [0, []])
  assert.equal(isDown(['response', 'a', 0], ['response', 'b', 1], ['none', 'x', 2], ['response', 'c', 3]), true)
})

const successes = (count: number, everyMs: number) =>
  Array.from({ length: count }, (_, index): [Evidence, string, number] => ['up', `s${index}`, index * everyMs])
const failures = (count: number, fromMs: number) =>
  Array.from({ length: count }, (_, index): [Evidence, string, number] => ['response', `f${index}`, fromMs + index])

test('of a target that has just answered well many times it takes ten events', () => {
  const well = successes(200, 10)
  assert.equal(isDown(...well, ...failures(9, 2_000)), false)
  assert.equal(isDown(...well, ...failures(10, 2_000)), true)
  assert.equal(isDown(...well, ...failures(3, 30_000)), true, 'that was long ago')
  assert.equal(isDown(...successes(10, 1_000), ...failures(3, 10_000)), true, 'one a second is not many')
})

for (const share of [0.1, 0.3]) {
  test(`a target that fails ${share * 100} % of 500 requests a second at random stays in`, () => {
    let random = 7
    const next = () => {
      random = (random * 16_807) % 2_147_483_647
      return random / 2_147_483_647
    }
    let so = observe(noEvidence, { evidence: 'up', event: 'first', atMs: 0 })
    let openings = 0
    for (let at = 0; at < 30_000; at += 1) {
      const isFailure = at > 100 && next() < share
      so = observe(so, { evidence: isFailure ? 'response' : 'up', event: `e${at}`, atMs: at * 2 })
      if (saysDown(so)) openings += 1
    }
    assert.equal(openings, 0)
  })
}

const anyObservation = (events: string[], evidence: Evidence[]): fc.Arbitrary<Observation> =>
  fc.record({
    evidence: fc.constantFrom(...evidence),
    event: fc.constantFrom(...events),
    atMs: fc.nat(60_000),
  })
const inOrder = (observations: Observation[]) => observations.toSorted((a, b) => a.atMs - b.atMs)
const verdict = (observations: Observation[]) => saysDown(inOrder(observations).reduce(observe, noEvidence))

test('bad answers to one or two events never open, however many', () => {
  fc.assert(
    fc.property(
      fc.array(anyObservation(['a', 'b'], ['response', 'none', 'up']), { maxLength: 200 }),
      (observations) => {
        assert.equal(verdict(observations), false)
      },
    ),
  )
})

test('it is open exactly when the newest failures prove it', () => {
  const all: Evidence[] = ['response', 'connection', 'none', 'up']
  fc.assert(
    fc.property(fc.array(anyObservation(['a', 'b', 'c', 'd'], all), { maxLength: 40 }), (observations) => {
      assert.equal(verdict(observations), provesDown(inOrder(observations)))
    }),
  )
})

/** The rule once more, said another way: looked at from the end. */
function provesDown(observations: Observation[]): boolean {
  const said = observations.filter(({ evidence }) => evidence !== 'none')
  const sinceUp = said.slice(said.findLastIndex(({ evidence }) => evidence === 'up') + 1)
  const row = sinceUp.slice(sinceUp.findLastIndex(({ evidence }) => evidence !== 'connection') + 1)
  const bad = sinceUp.filter(({ evidence }) => evidence === 'response')
  const lastMs = bad.at(-1)?.atMs ?? 0
  const events = new Set(bad.filter(({ atMs }) => lastMs - atMs <= 10_000).map(({ event }) => event))
  return row.length >= 3 || events.size >= 3
}
