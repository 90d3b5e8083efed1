import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { droppedIn } from '../../chaos/preparations/packet-filter.ts'

const head = `Chain tailrace-7 (1 references)
    pkts      bytes target     prot opt in     out     source               destination
`

describe('the packets that a chain has dropped', () => {
  it('are those of all its rules that drop, and of no other', () => {
    const rules = `      24     1536 DROP       0    --  *      *       0.0.0.0/0            0.0.0.0/0            statistic mode random
     100     9999 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0
       3      180 DROP       0    --  *      *       0.0.0.0/0            0.0.0.0/0
`
    assert.equal(droppedIn(head + rules), 27)
  })

  it('are none where it has no rule', () => {
    assert.equal(droppedIn(head), 0)
  })
})
