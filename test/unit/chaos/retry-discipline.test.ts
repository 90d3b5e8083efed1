import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { nextPointMs } from '../../../services/consumer/pair/schedule.ts'
import { gatherFacts } from '../../chaos/check/facts.ts'
import { checkRetryDiscipline } from '../../chaos/check/retry-discipline.ts'
import type { HistoryLine, ReceiveLine } from '../../chaos/history.ts'
import { answersTo, faultLines, faultlessEvent, parkLine, resumeLine, scope } from './synthetic.ts'

const scheduleMs = [1_000, 5_000, 25_000]
const giveUpAfterMs = 60_000
const retried = { ...scope, scheduleMs, giveUpAfterMs }
const event = faultlessEvent('k0', 0, 0)
const id = 'r-p1-k0-0'
/** Of the first failure. */
const failedMs = 10
const jitter = (index: number) => createHash('sha256').update(`${id}\n${index}`).digest().readUInt32BE(0) / 2 ** 32

type Attempt = Partial<ReceiveLine> & { atMs: number }

async function judged(attempts: readonly Attempt[], more: readonly HistoryLine[] = []) {
  const others = event.filter(({ op }) => op !== 'receive')
  const lines = [...others, ...answersTo(event, [{ atMs: failedMs, status: 500 }, ...attempts]), ...more]
  return checkRetryDiscipline(await gatherFacts(lines), retried)
}

/** The park of the first failure, by the clock of a broker; nothing is missing behind it. */
const parked = [parkLine(0, failedMs + 3, { offset: 0 })]

const offencesOf = async (attempts: readonly Attempt[], more: readonly HistoryLine[] = parked) =>
  (await judged(attempts, more)).offences.map(({ what }) => what)

const first = failedMs + 1_000 + 100 * jitter(0)
const second = failedMs + 5_000 + 400 * jitter(1)

describe('the checker of retries', () => {
  it('accepts attempts at the points of the schedule with their jitter, and later ones', async () => {
    const { holds, judged: cases } = await judged([{ atMs: first, status: 500 }, { atMs: second + 3_000 }])
    assert.deepEqual([holds, cases], [true, 2])
  })

  it('sees an attempt at a point without its jitter, and one between two points', async () => {
    assert.match((await offencesOf([{ atMs: failedMs + 1_000 }]))[0] ?? '', /^tried 1000 ms after its first failure/)
    const between = await offencesOf([
      { atMs: first + 5, status: 500 },
      { atMs: first + 2_000, status: 500 },
      { atMs: second },
    ])
    assert.equal(between.length, 1)
    assert.match(between[0] ?? '', /1995 ms after its last/)
  })

  it('knows every point that the service knows, also behind the schedule and where giving up is one', async () => {
    for (const ageMs of [0, 1_150, 5_500, 27_100, 47_500, 62_000, 200_000]) {
      const atMs = failedMs + nextPointMs({ scheduleMs, giveUpAfterMs }, id, ageMs)
      const before = { atMs: failedMs + ageMs, status: 500 }
      const early = await offencesOf([before, { atMs: atMs - 5 }])
      const due = await offencesOf([before, { atMs: atMs + 1 }])
      assert.equal(early.length - due.length, 1, `after ${ageMs} ms`)
    }
  })

  it('takes a broken connection for a passing fault: two more tries soon after it, but not of one that was silent', async () => {
    const broken = (atMs: number, silentMs = 0) => ({ atMs, arrivedNs: (atMs - silentMs) * 1e6, status: 0 })
    assert.deepEqual(await offencesOf([broken(first), broken(first + 150), { atMs: first + 600 }]), [])
    const silent = await offencesOf([broken(first + 3_000, 3_000), { atMs: first + 3_150 }])
    assert.match(silent[0] ?? '', /150 ms after its last/)
  })

  it('does not judge the first attempt of another owner, but those after it', async () => {
    const owners = await judged([
      { atMs: first, status: 500, sender: 7 },
      { atMs: first + 200, status: 500, sender: 8 },
    ])
    assert.deepEqual(owners.offences, [])
    const early = { atMs: first + 400, status: 500, sender: 8 }
    const after = await judged([{ atMs: first, status: 500, sender: 7 }, { ...early, atMs: first + 200 }, early])
    assert.deepEqual([after.offences.length, after.judged], [1, 1])
  })

  it('lets another owner count from its own first failure, when nobody told it of one', async () => {
    const lateMs = failedMs + 30_000
    const own = { atMs: lateMs, status: 500, sender: 8 }
    const due = { atMs: lateMs + 1_000 + 100 * jitter(0), sender: 8 }
    assert.deepEqual(await offencesOf([own, due]), [])
    assert.equal((await offencesOf([own, { ...due, atMs: lateMs + 500 }])).length, 1)
  })

  it('does not judge an attempt of which a park may be that nobody saw', async () => {
    const early = [{ atMs: failedMs + 500 }]
    const holed = await judged(early, [parkLine(0, failedMs - 5), parkLine(2, failedMs + 400)])
    assert.deepEqual([holed.holds, holed.judged], [true, 0])
    const whole = await judged(early, [parkLine(0, failedMs - 5), parkLine(1, failedMs + 400)])
    assert.deepEqual([whole.holds, whole.judged], [false, 1])
  })

  it('counts from the failure of the head that an event waited behind, where its park says so', async () => {
    const attempts = [{ atMs: failedMs + 300 }]
    assert.equal((await offencesOf(attempts)).length, 1)
    const park = parkLine(0, failedMs, { clockNs: (failedMs - 900) * 1e6 })
    assert.deepEqual(await offencesOf(attempts, [park]), [])
  })

  it('lets an owner count from when it has read the answer, before it tries again, where no park says when that was', async () => {
    const [late, tooSoon] = [{ atMs: second + 700, status: 500 }, { atMs: second + 1_000 }]
    assert.equal((await offencesOf([late, tooSoon])).length, 1)
    assert.deepEqual(await offencesOf([late, tooSoon], []), [])
    assert.equal((await offencesOf([{ atMs: first, status: 500 }, { atMs: first + 300 }], [])).length, 1)
    assert.equal((await offencesOf([{ atMs: first - 200, status: 500 }], [])).length, 1)
  })

  it('allows two quick tries where a proxy found nobody, and no third one', async () => {
    const quick = (agesMs: readonly number[], status: number) =>
      [5, ...agesMs].map((ageMs) => ({ atMs: first + ageMs, status }))
    assert.deepEqual(await offencesOf(quick([150, 650], 503)), [])
    assert.equal((await offencesOf(quick([150, 650, 1_100], 503))).length, 1)
    assert.equal((await offencesOf(quick([40], 503))).length, 1)
    assert.equal((await offencesOf(quick([150], 500))).length, 1)
  })

  it('holds a receiver to its word, from 1 s to 15 min', async () => {
    const asked = (retryAfterMs: number, status = 429) => ({ atMs: first, status, retryAfterMs })
    assert.deepEqual(await offencesOf([asked(3_000), { atMs: first + 3_000 }]), [])
    assert.deepEqual(await offencesOf([asked(3_000), { atMs: first + 2_900 }]), [
      'tried 2900 ms after an answer that asked for 3000 ms',
    ])
    assert.deepEqual(await offencesOf([asked(0, 503), { atMs: first + 1_000 }]), [])
    assert.deepEqual(await offencesOf([asked(9e9), { atMs: first + 900_000 }]), [])
  })

  it('does not judge an attempt before which an instance went on after a hold, or with partitions that it had loaded', async () => {
    const early = [{ atMs: failedMs + 300 }]
    for (const reason of ['hold-ended', 'loaded'] as const) {
      assert.equal((await judged(early, [resumeLine(failedMs + 200, reason)])).judged, 0)
      assert.equal((await judged(early, [resumeLine(failedMs - 10, reason)])).offences.length, 1)
      assert.equal((await judged(early, [resumeLine(failedMs + 310, reason)])).offences.length, 1)
    }
    const elsewhere = { ...resumeLine(failedMs + 200, 'hold-ended'), subscription: 'another' }
    assert.equal((await judged(early, [elsewhere])).offences.length, 1)
  })

  it('judges nothing that a fault may have repeated or a hold put off', async () => {
    const early = [{ atMs: failedMs + 300 }]
    assert.equal((await judged(early, faultLines(200, { wholeMs: 250 }))).judged, 0)
    assert.equal((await judged(early, faultLines(20_000))).judged, 1)
    const failing = [1, 2, 3].flatMap((seq) =>
      answersTo(faultlessEvent('k1', seq, seq * 1e6), [{ atMs: 100 + seq, status: 500 }]),
    )
    assert.equal((await judged(early, failing)).judged, 0)
  })

  it('judges nothing without a schedule', async () => {
    const lines = [...event, ...answersTo(event, [{ atMs: 1, status: 500 }])]
    assert.equal(checkRetryDiscipline(await gatherFacts(lines), scope).judged, 0)
  })
})
