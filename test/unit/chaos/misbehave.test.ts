import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { connectionsTo } from '../../chaos/faults/held.ts'
import { whatItCost } from '../../chaos/faults/misbehave.ts'
import { receiverFaults } from '../../chaos/faults/receivers.ts'
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
