import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Defects } from '../../../../services/consumer/pair/states.ts'
import { type Chances, World } from './world.ts'

const runs = Number(process.env.PROPERTY_RUNS ?? 3_000)
const steps = 260

/** mulberry32: small, fast, and a run can be repeated from its number alone. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Why run `seed` is wrong; null when it is right. */
function judge(seed: number, chances: Chances, defects: Defects): string | null {
  try {
    const { lost, order, overlap, stalled } = new World(seeded(seed), { chances, defects }).run(steps)
    if (stalled) return `run ${seed}: stalled`
    if (lost.length > 0) return `run ${seed}: lost ${lost}`
    const broken = order[0] ?? overlap[0]
    return broken === undefined ? null : `run ${seed}: ${broken}`
  } catch (error) {
    return `run ${seed}: ${error}`
  }
}

function wrongRuns(chances: Chances, defects: Defects = {}): string[] {
  const found: string[] = []
  for (let seed = 1; seed <= runs; seed += 1) {
    const wrong = judge(seed, chances, defects)
    if (wrong !== null) found.push(wrong)
  }
  return found
}

const orderly = { unfenced: 0, forgetful: 0 }
const hostile = { unfenced: 0.5, forgetful: 0.5 }

test(`loses nothing and keeps the order of every key in ${runs} random runs`, () => {
  assert.deepEqual(wrongRuns(orderly), [])
})

test('also when late commits are accepted and metadata is lost', () => {
  assert.deepEqual(wrongRuns(hostile), [])
})

const seededDefects: [string, Defects][] = [
  ['an offset is finished before its delivery', { finishBeforeDelivery: true }],
  ['an offset is finished when its dead letter is sent, not when it is acknowledged', { finishBeforeAppended: true }],
  ['answers of an older ownership are applied', { applyStaleAnswers: true }],
]

for (const [defect, switches] of seededDefects) {
  test(`the model notices when ${defect}`, (t) => {
    const found = wrongRuns(hostile, switches)
    t.diagnostic(`${found.length} of ${runs} runs are wrong, the first: ${found[0]}`)
    assert.notEqual(found.length, 0)
  })
}
