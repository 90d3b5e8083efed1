import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { doubtsOf } from '../../chaos/check/doubts.ts'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { outagesOf } from '../../chaos/check/spans.ts'
import type { HistoryLine } from '../../chaos/history.ts'
import type { ReceiverMode } from '../../chaos/load/modes.ts'
import { servingOf } from '../../chaos/load/serving.ts'
import { answersTo, faultlessEvent, modeLine, scope } from './synthetic.ts'

describe('what a receiver says of itself', () => {
  const modes: readonly (readonly [ReceiverMode, string])[] = [
    [{ kind: 'accept' }, 'all'],
    [{ kind: 'answer', status: 204 }, 'all'],
    [{ kind: 'answer', status: 422 }, 'some'],
    [{ kind: 'answer', status: 503, everyNth: 3 }, 'some'],
    [{ kind: 'fail', of: { shareOfEvents: 0.1 } }, 'some'],
    [{ kind: 'answer', status: 503 }, 'none'],
    [{ kind: 'answer', status: 503, headers: { 'retry-after': '5' } }, 'some'],
    [{ kind: 'refuse' }, 'none'],
    [{ kind: 'deaf' }, 'none'],
    [{ kind: 'break', how: 'hang' }, 'none'],
    [{ kind: 'break', how: 'garbage' }, 'none'],
    [{ kind: 'break', how: 'huge-body' }, 'all'],
    [{ kind: 'break', how: 'false-length' }, 'all'],
  ]
  for (const [mode, serves] of modes) {
    it(`is that it serves ${serves} in the mode ${JSON.stringify(mode)}`, () => {
      assert.equal(servingOf(mode), serves)
    })
  }

  it('makes one outage of what follows upon another one', async () => {
    const lines = [modeLine(0, 'all'), modeLine(10, 'none'), modeLine(20, 'none'), modeLine(30, 'some')]
    const facts = await gatherFacts([...lines, modeLine(40, 'none')])
    assert.deepEqual(outagesOf(facts, scope.subscription), [
      { fromNs: 10e6, toNs: 30e6 },
      { fromNs: 40e6, toNs: Infinity },
    ])
  })
})

describe('doubts about a receiver', () => {
  const answers = (count: number, fromMs: number, status: number) =>
    Array.from({ length: count }, (_, index) =>
      answersTo(faultlessEvent('k0', fromMs + index, 0), [{ atMs: fromMs + index, status }]),
    ).flat()
  const at = async (ms: number, lines: readonly HistoryLine[]) => {
    const facts = await gatherFacts(lines)
    return doubtsOf(facts, scope).any({ fromNs: ms * 1e6, toNs: ms * 1e6 })
  }

  it('come of three events that fail in a row, and last for half a minute', async () => {
    assert.equal(await at(200, answers(2, 100, 500)), false)
    assert.equal(await at(200, answers(3, 100, 500)), true)
    assert.equal(await at(29_000, answers(3, 100, 500)), true)
    assert.equal(await at(31_000, answers(3, 100, 500)), false)
    assert.equal(await at(50, answers(3, 100, 500)), false)
  })

  it('take ten where all was well just before', async () => {
    const well = answers(60, 0, 204)
    assert.equal(await at(200, [...well, ...answers(9, 100, 500)]), false)
    assert.equal(await at(200, [...well, ...answers(10, 100, 500)]), true)
  })

  it('end with a success', async () => {
    assert.equal(await at(200, [...answers(2, 100, 500), ...answers(1, 105, 204), ...answers(2, 110, 500)]), false)
  })
})
