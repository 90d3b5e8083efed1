import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { explain, judge } from '../../chaos/check/judge.ts'
import type { Verdict } from '../../chaos/check/verdict.ts'
import { type HistoryLine, parseEventId, sha256 } from '../../chaos/history.ts'
import { altered, deadLetterOf, faultlessEvent, faultlessRun, scope } from './synthetic.ts'

const run = faultlessRun(10, 100)

const judgementOf = async (lines: HistoryLine[], allowedDuplicates = 0) =>
  judge(await gatherFacts(lines), scope, allowedDuplicates)

/** The only invariant that may be broken, with its offences. */
async function onlyBroken(invariant: string, lines: HistoryLine[]): Promise<Verdict> {
  const judgement = await judgementOf(lines)
  const broken = judgement.verdicts.filter((one) => !one.holds)
  assert.deepEqual(
    broken.map((one) => one.invariant),
    [invariant],
    explain(judgement),
  )
  const [verdict] = broken
  assert.ok(verdict)
  return verdict
}

describe('the checkers', () => {
  it('find nothing wrong with a run without faults', async () => {
    const judgement = await judgementOf(run)
    assert.equal(explain(judgement), '')
    assert.equal(judgement.counts.acknowledged, 1000)
  })

  it('name the one event of 1,000 that was dropped after its acknowledgement', async () => {
    const id = 'r-p1-k3-50'
    const lines = altered(
      altered(run, { op: 'receive', id }, () => undefined),
      { op: 'log', id },
      () => undefined,
    )
    const { offences } = await onlyBroken('I1', lines)
    assert.deepEqual(offences, [{ id, what: 'middle of its key; never appended: lost at the door' }])
  })

  it('name the events that were lost in a takeover because their offsets were committed before delivery', async () => {
    const lost = ['r-p1-k1-40', 'r-p1-k2-40', 'r-p1-k3-99', 'r-p1-k4-0']
    const lines = lost.reduce((before, id) => altered(before, { op: 'receive', id }, () => undefined), run)
    const { offences } = await onlyBroken('I1', lines)
    assert.deepEqual(
      new Map(offences.map(({ id, what }) => [id, what.replace(/ at .*:/, ':')])),
      new Map([
        ['r-p1-k1-40', 'middle of its key; appended: lost in delivery'],
        ['r-p1-k2-40', 'middle of its key; appended: lost in delivery'],
        ['r-p1-k3-99', 'postfix of its key; appended: lost in delivery'],
        ['r-p1-k4-0', 'prefix of its key; appended: lost in delivery'],
      ]),
    )
  })

  it('do not miss an event whose outcome its publisher never learned', async () => {
    const id = 'r-p1-k3-50'
    const unknown = altered(run, { op: 'publish', id }, (line) => ({ ...line, outcome: 'unknown', status: null }))
    assert.equal(explain(await judgementOf(unknown)), '')
    const unstored = altered(unknown, { op: 'receive', id }, () => undefined)
    assert.equal(explain(await judgementOf(unstored)), '')
  })

  it('miss an event that was acknowledged only when its publisher repeated the request', async () => {
    const id = 'r-p1-k3-50'
    const repeated = run.flatMap((line) =>
      line.op === 'publish' && line.id === id
        ? [
            { ...line, outcome: 'unknown' as const },
            { ...line, attempt: 2 },
          ]
        : line,
    )
    assert.equal(explain(await judgementOf(repeated)), '')
    await onlyBroken(
      'I1',
      altered(repeated, { op: 'receive', id }, () => undefined),
    )
  })

  it('see the phantom of a refused event', async () => {
    const id = 'r-p1-k3-99'
    const lines = altered(run, { op: 'publish', id }, (line) => ({ ...line, outcome: 'refused', status: 422 }))
    const { offences } = await onlyBroken('I2', lines)
    assert.deepEqual(
      offences.map((one) => one.what),
      ['delivered, but refused with 422', 'in the log, but refused with 422'],
    )
  })

  it('see an event that nobody published', async () => {
    const extra = faultlessEvent('k1', 100, 1e12).filter((line) => line.op === 'receive')
    const { offences } = await onlyBroken('I2', [...run, ...extra])
    assert.deepEqual(offences, [{ id: 'r-p1-k1-100', what: 'delivered, but nobody published it' }])
  })

  it('see one altered byte, a changed content type and a changed attribute', async () => {
    const at = { op: 'receive', id: 'r-p1-k3-50' } as const
    const wrong = async (change: object) =>
      (
        await onlyBroken(
          'I3',
          altered(run, at, (line) => ({ ...line, ...change })),
        )
      ).offences
    assert.deepEqual(await wrong({ sha256: sha256('other') }), [{ id: at.id, what: 'other body at the receiver' }])
    assert.match((await wrong({ contentType: 'text/plain' }))[0]?.what ?? '', /content type text\/plain/)
    assert.match((await wrong({ attributes: { id: at.id } }))[0]?.what ?? '', /attribute type is undefined/)
    const added = { id: at.id, type: 'order.created', extra: '1' }
    assert.match((await wrong({ attributes: added }))[0]?.what ?? '', /attribute extra was added/)
  })

  it('allow the attributes that the service fills in', async () => {
    const at = { op: 'receive', id: 'r-p1-k3-50' } as const
    const filled = altered(run, at, (line) => ({ ...line, attributes: { ...line.attributes, source: '/keys/test' } }))
    assert.equal(explain(await judgementOf(filled)), '')
  })

  it('see a signature that does not verify', async () => {
    await onlyBroken(
      'I3',
      altered(run, { op: 'receive', id: 'r-p1-k3-50' }, (line) => ({ ...line, verified: false })),
    )
  })

  it('see two events of a key that changed places', async () => {
    const swapped = run.map((line) => {
      if (line.op !== 'receive' || !line.id.startsWith('r-p1-k3-')) return line
      const seq = parseEventId(line.id)?.seq
      const laterNs = seq === 50 ? 40e6 : seq === 51 ? -40e6 : 0
      return { ...line, arrivedNs: line.arrivedNs + laterNs, ns: line.ns + laterNs }
    })
    const { offences } = await onlyBroken('I4', swapped)
    assert.equal(offences[0]?.id, 'r-p1-k3-51')
  })

  it('see an event that was tried while the one before it was still being answered', async () => {
    const lines = altered(run, { op: 'receive', id: 'r-p1-k3-50' }, (line) => ({ ...line, ns: line.ns + 60e6 }))
    assert.equal((await onlyBroken('I4', lines)).offences[0]?.id, 'r-p1-k3-51')
  })

  it('see that the log disagrees with the order of one publisher, and delivery with the log across publishers', async () => {
    const one = faultlessEvent('k1', 0, 0)
    const two = faultlessEvent('k1', 0, 100e6, 'p2')
    assert.equal(explain(await judgementOf([...one, ...two])), '')
    const turned = altered(two, { op: 'log', id: 'r-p2-k1-0' }, (line) => ({ ...line, offset: -1 }))
    await onlyBroken('I4', [...one, ...turned])
  })

  it('do not call a repeated delivery a break of order, but count it', async () => {
    const again = run.filter((line) => line.op === 'receive' && line.id === 'r-p1-k3-50')
    const later = again.map((line) => ({ ...line, arrivedNs: 9e15, ns: 9e15 }) as HistoryLine)
    const { offences } = await onlyBroken('I5', [...run, ...later])
    assert.deepEqual(offences, [{ id: 'r-p1-k3-50', what: 'delivered 2 times' }])
    assert.equal(explain(await judgementOf([...run, ...later], 1)), '')
  })

  it('do not call the delivery of a second record a repeated one, where its publisher had to ask again', async () => {
    const id = 'r-p1-k3-99'
    const again = run.flatMap((line): HistoryLine[] => {
      if (line.op === 'fault' || !('id' in line) || line.id !== id) return []
      if (line.op === 'publish') return [{ ...line, outcome: 'unknown' }]
      return 'offset' in line ? [{ ...line, offset: line.offset + 1 }] : []
    })
    assert.equal(explain(await judgementOf([...run, ...again])), '')
  })

  it('see an event that is twice in the log though its publisher asked once', async () => {
    const again = run.filter((line) => line.op === 'log' && line.id === 'r-p1-k3-50')
    const { offences } = await onlyBroken('I5', [...run, ...again])
    assert.deepEqual(offences, [{ id: 'r-p1-k3-50', what: '2 times in the log' }])
  })

  it('take a dead letter for an ending, and see one that is incomplete, doubled or delivered as well', async () => {
    const id = 'r-p1-k3-50'
    const refused = altered(run, { op: 'receive', id }, (line) => ({ ...line, status: 422 }))
    const letters = refused.flatMap((line) => (line.op === 'receive' && line.id === id ? [deadLetterOf(line)] : []))
    assert.equal(explain(await judgementOf([...refused, ...letters])), '')
    await onlyBroken('I7', [...refused, ...letters, ...letters])
    await onlyBroken('I7', [...refused, ...letters.map((letter) => ({ ...letter, headers: {} }))])
    await onlyBroken('I7', [...run, ...letters])
  })

  it('take a dead letter for the end though a successor tried its event once more', async () => {
    const id = 'r-p1-k3-50'
    const refused = altered(run, { op: 'receive', id }, (line) => ({ ...line, status: 422 }))
    const after = refused.flatMap((line): HistoryLine[] =>
      line.op === 'receive' && line.id === id ? [deadLetterOf(line), { ...line, arrivedNs: 9e15, ns: 9e15 }] : [],
    )
    assert.equal(explain(await judgementOf([...refused, ...after])), '')
  })

  it('take it for the end though a job delivered its event long after the next one of its key', async () => {
    const id = 'r-p1-k3-50'
    const refused = altered(run, { op: 'receive', id }, (line) => ({ ...line, status: 422 }))
    const after = refused.flatMap((line): HistoryLine[] =>
      line.op === 'receive' && line.id === id
        ? [deadLetterOf(line), { ...line, status: 204, arrivedNs: 9e15, ns: 9e15 }]
        : [],
    )
    const kill = { op: 'fault', run: 'r', actor: 'driver', ns: 1, fault: 'kill-everything', victim: 'all' } as const
    assert.equal(explain(await judgementOf([kill, ...refused, ...after])), '')
  })

  it('judge a hundred thousand events in a few seconds', { timeout: 30_000 }, async () => {
    assert.equal(explain(await judgementOf(faultlessRun(1000, 100))), '')
  })
})
