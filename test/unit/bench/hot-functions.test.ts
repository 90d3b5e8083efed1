import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { summarize } from '../../bench/hot-functions.ts'

const node = (id: number, functionName: string, url: string, lineNumber = 0, children: number[] = []) => ({
  id,
  children,
  callFrame: { functionName, url, lineNumber },
})

const profile = {
  nodes: [
    node(1, '(idle)', ''),
    node(2, 'send', 'file:///x/clone/shared/kafka/lane.ts', 41),
    node(3, 'send', 'file:///x/clone/shared/kafka/lane.ts', 41),
    node(4, 'encode', 'file:///x/clone/node_modules/kafkajs/src/protocol/encoder.js', 9, [7]),
    node(5, '', 'node:net', 99),
    node(6, '(garbage collector)', ''),
    node(7, 'write', 'node:net', 199, [8]),
    node(8, 'writeBuffer', ''),
  ],
  samples: [1, 2, 3, 4, 5, 6, 8],
  timeDeltas: [500, 200, 100, 70, 60, 20, 50],
}

describe('where the time of a profile went', () => {
  it('is the self time of each function, wherever it was called from, as a share of the busy time', () => {
    const { busy, functions } = summarize(profile, 3)
    assert.equal(busy, 0.5)
    assert.deepEqual(functions, [
      { name: 'send', place: 'shared/kafka/lane.ts:42', share: 0.6 },
      { name: 'encode', place: 'kafkajs/src/protocol/encoder.js:10', share: 0.14 },
      { name: '(anonymous)', place: 'node:net:100', share: 0.12 },
    ])
  })

  it('is also told by who called into Node, and by nobody where nobody did', () => {
    assert.deepEqual(summarize(profile, 9).owners, [
      { name: 'shared/kafka', share: 0.6 },
      { name: 'kafkajs', share: 0.24 },
      { name: 'Node itself', share: 0.12 },
      { name: '(garbage collector)', share: 0.04 },
    ])
  })
})
