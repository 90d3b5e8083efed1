import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../chaos/check/facts.ts'
import type { Scene } from '../../chaos/faults/fault.ts'
import { connectionsTo } from '../../chaos/faults/held.ts'
import { flap, misbehave, whatItCost } from '../../chaos/faults/misbehave.ts'
import { receiverFaults } from '../../chaos/faults/receivers.ts'
import type { ReceiverMode } from '../../chaos/load/modes.ts'
import { answersTo, faultLines, faultlessEvent, scope } from './synthetic.ts'

const fault = { fault: 'receiver-fails', victim: scope.subscription, undoneMs: 10_000, wholeMs: 11_000 }

/** Published before the outage from 1 s to 10 s. */
const events = [0, 1, 2].map((seq) => faultlessEvent('k0', seq, seq * 10e6))
const published = events.flatMap((lines) => lines.filter(({ op }) => op === 'publish'))
const tried = (seq: number, atMs: number, status: number) => answersTo(events[seq] ?? [], [{ atMs, status }])

describe('what a receiver that fails costs', () => {
  it('is the attempts meanwhile, and how soon what waited is delivered', async () => {
    const attempts = [...tried(0, 1_100, 500), ...tried(0, 6_000, 0), ...tried(1, 7_000, 500)]
    const after = [...tried(0, 10_250, 204), ...tried(1, 10_300, 204), ...tried(2, 12_000, 204)]
    const facts = await gatherFacts([...published, ...faultLines(1_000, fault), ...attempts, ...after])
    const { text, complaints } = whatItCost(facts, 'receiver-fails')
    assert.equal(
      text,
      'receiver-fails: 3 attempts of 2 events read in 9.0 s; first delivery 250 ms after the return, 3 events drained in 2.0 s',
    )
    assert.deepEqual(complaints, [])
  })

  it('is nothing afterwards where nothing waited', async () => {
    const facts = await gatherFacts([...published, ...faultLines(1_000, fault), ...tried(0, 1_100, 204)])
    assert.match(whatItCost(facts, 'receiver-fails').text, /1 attempts of 1 events .*; nothing waited for the return$/)
  })
})

/** A run of two subscriptions; `seen` is what was done to the receiver of the second one, and what was told. */
function sceneOf() {
  const seen: string[] = []
  const courseOf = (subscription: string, modes: string[]) => {
    let distinct = 0
    const receiver = {
      url: 'http://127.0.0.1:1',
      progress: () => ({ distinct: distinct++ }),
      setMode: async ({ kind }: ReceiverMode) => void modes.push(kind),
    }
    return { scope: { subscription }, receiver, mode: { kind: 'fail' } }
  }
  const untouched: string[] = []
  const experiment = {
    courses: [courseOf('first', untouched), courseOf('second', seen)],
    mark: (fault: string, victim: string) => void seen.push(`${fault} ${victim}`),
    markUndone: () => void seen.push('undone'),
    tell: (text: string) => void seen.push(text.replaceAll(/\d+/g, 'n')),
  }
  const stack = { processes: async () => [{ service: 'consumer', pid: process.pid }] }
  return { scene: { stack, experiment, round: 0 } as unknown as Scene, seen, untouched }
}

const held = 'n connections held at most; a consumer has n MiB at most, n MiB before'

describe('a receiver that shall fail', () => {
  it('is that of the second subscription, and answers as usual afterwards', async () => {
    const { scene, seen, untouched } = sceneOf()
    await misbehave(scene, { name: 'receiver-refuses', mode: { kind: 'refuse' }, ms: 1 })
    const told = `receiver-refuses: ${held}`
    assert.deepEqual(seen, ['receiver-refuses second', 'refuse', 'fail', 'undone', told])
    assert.deepEqual(untouched, [])
  })

  it('answers as usual also when the run is broken off', async () => {
    const { scene, seen } = sceneOf()
    const broken = { ...scene, signal: AbortSignal.abort() }
    await assert.rejects(
      misbehave(broken, { name: 'receiver-hangs', mode: { kind: 'break', how: 'hang' }, ms: 60_000 }),
    )
    assert.deepEqual(seen.slice(0, 4), ['receiver-hangs second', 'break', 'fail', 'undone'])
  })

  it('goes down and comes up in turn where it flaps', async () => {
    const { scene, seen } = sceneOf()
    await flap(scene, { name: 'receiver-flaps', mode: { kind: 'refuse' }, ms: 1 })
    assert.deepEqual(seen.slice(0, 6), ['receiver-flaps second', 'refuse', 'fail', 'refuse', 'fail', 'undone'])
  })
})

describe('the faults of receivers', () => {
  it('excuse nothing: each begins with the word by which checkers know that', () => {
    for (const name of Object.keys(receiverFaults)) assert.match(name, /^receiver-/)
  })
})

describe('the connections to a receiver', () => {
  it('are those of whoever opened them', () => {
    const row = (local: string, remote: string) => `   0: 0100007F:${local} 0100007F:${remote} 01 0 0 0 0 0 77 1`
    const table = ['head', row('C001', '1F90'), row('C002', '1F90'), row('1F90', 'C001'), row('C003', '1F91')]
    assert.equal(connectionsTo(0x1f90, table.join('\n')), 2)
  })
})
