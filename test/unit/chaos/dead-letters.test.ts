import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkDeadLetters } from '../../chaos/check/dead-letters.ts'
import { gatherFacts, type Scope } from '../../chaos/check/facts.ts'
import type { DeadLetterLine, FaultLine, HistoryLine, ReceiveLine } from '../../chaos/history.ts'
import { altered, deadLetterOf, faultlessRun, scope } from './synthetic.ts'

const id = 'r-p1-k0-5'
const run = faultlessRun(1, 10)
const received = run.find((line): line is ReceiveLine => line.op === 'receive' && line.id === id) as ReceiveLine
const without = altered(run, { op: 'receive', id }, () => undefined)
const fault: FaultLine = { op: 'fault', run: 'r', actor: 'driver', ns: 0, fault: 'kill-consumer', victim: 'consumer-1' }

const answeredAt = (atMs: number, status: number): ReceiveLine => ({
  ...received,
  status,
  arrivedNs: atMs * 1e6,
  ns: atMs * 1e6,
})

function letterAt(atMs: number, headers: Record<string, string> = {}): DeadLetterLine {
  const letter = deadLetterOf({ ...received, ns: atMs * 1e6 })
  return { ...letter, headers: { ...letter.headers, ...headers } }
}

const exhausted = { tailrace_cause: 'exhausted', tailrace_code: 'status-500', tailrace_attempts: '2' }

async function wrongs(lines: HistoryLine[], settings: Partial<Scope> = {}): Promise<string[]> {
  const { offences } = checkDeadLetters(await gatherFacts([...without, ...lines]), { ...scope, ...settings })
  assert.ok(offences.every((one) => one.id === id))
  return offences.map(({ what }) => what)
}

describe('the checker of dead letters', () => {
  it('accepts a refusal, and sees one that its receiver never gave', async () => {
    assert.deepEqual(await wrongs([answeredAt(50, 422), letterAt(60)]), [])
    assert.deepEqual(await wrongs([answeredAt(50, 500), letterAt(60)]), [
      'called refused, but its receiver never answered status-422',
    ])
    assert.equal((await wrongs([answeredAt(90, 422), letterAt(60)])).length, 1)
  })

  it('accepts an event that failed until its time was over, and sees one that was given up before', async () => {
    const failures = [answeredAt(100, 500), answeredAt(1200, 500)]
    assert.deepEqual(await wrongs([...failures, letterAt(1210, exhausted)], { giveUpAfterMs: 1000 }), [])
    assert.deepEqual(await wrongs([...failures, letterAt(1210, exhausted)], { giveUpAfterMs: 2000 }), [
      'exhausted 1110 ms after the first failure of its key, before 2000 ms',
    ])
  })

  it('lets a follower inherit the clock of the event it waited behind, but not past a success of its key', async () => {
    const once = { ...exhausted, tailrace_attempts: '1' }
    const before = (status: number): HistoryLine => ({ ...answeredAt(100, status), id: 'r-p1-k0-4' })
    const own = [answeredAt(1200, 500), letterAt(1210, once)]
    const settings = { giveUpAfterMs: 1000 }
    assert.deepEqual(await wrongs([before(500), ...own], settings), [])
    const succeeded: HistoryLine = { ...answeredAt(1100, 204), id: 'r-p1-k0-6' }
    const late = altered(without, { op: 'receive', id: 'r-p1-k0-6' }, () => undefined)
    const facts = await gatherFacts([...late, before(500), succeeded, ...own])
    assert.equal(checkDeadLetters(facts, { ...scope, ...settings }).offences.length, 1)
  })

  it('sees a key given up for a backlog that it never had', async () => {
    const letter = letterAt(60, { tailrace_cause: 'key-backlog', tailrace_code: 'status-500' })
    assert.deepEqual(await wrongs([answeredAt(50, 500), letter]), [
      'given up for the backlog of its key, in which 5 events waited',
    ])
  })

  it('sees attempts that were not counted, and times that are none', async () => {
    const failures = [answeredAt(40, 500), answeredAt(50, 422)]
    assert.deepEqual(await wrongs([...failures, letterAt(60)]), ['1 attempts, but its receiver saw 2'])
    assert.deepEqual(await wrongs([answeredAt(50, 422), letterAt(60, { tailrace_last_attempt: 'soon' })]), [
      'its first and last attempt are no times in order',
    ])
  })

  it('sees an event that was delivered as well, unless its success came too late or after a crash', async () => {
    const refused = [answeredAt(50, 422), letterAt(60, { tailrace_attempts: '2' })]
    assert.equal((await wrongs([...refused, answeredAt(55, 204)])).length, 1)
    assert.equal((await wrongs([...refused, answeredAt(90, 204)])).length, 1)
    assert.deepEqual(await wrongs([fault, ...refused, answeredAt(90, 204)]), [])
    const slow = { ...answeredAt(5000, 204), arrivedNs: 55e6 }
    assert.deepEqual(await wrongs([...refused, slow], { timeoutMs: 2000 }), [])
  })

  it('allows a second letter for each fault, which may have come before the commit', async () => {
    const letters = [answeredAt(50, 422), letterAt(60), letterAt(70)]
    assert.deepEqual(await wrongs(letters), ['dead-lettered 2 times'])
    assert.deepEqual(await wrongs([fault, ...letters]), [])
  })
})
