import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FaultFigures, Figures, Gap, Run } from '../../chaos/figures/figures.ts'
import { totalsOf } from '../../chaos/figures/totals.ts'
import { page } from '../../chaos/report/page.ts'
import { picture } from '../../chaos/report/picture.ts'
import { runText, totalsText } from '../../chaos/report/text.ts'
import { unjudgedText } from '../../chaos/report/unjudged.ts'
import { failedLine } from '../../chaos/report/words.ts'
import { usualFolder } from '../../chaos/report/write.ts'

const gap = (ms: number, fromMs = 0, of = 'clean'): Gap => ({ ms, fromMs, of })

const fault = (name: string, atMs: number, gapMs: number): FaultFigures => ({
  ...{ fault: name, row: 'K1', victim: 'kafka-<2>', atMs, wholeMs: atMs + 3_000, targets: { ackMs: 3_500 } },
  ...{ ack: gap(gapMs, atMs, ''), delivery: gap(gapMs, atMs), partition: gap(gapMs, atMs) },
  repeated: [{ name: 'clean', count: 3, most: 100 }],
})

function figuresOf(faults: readonly FaultFigures[], lost = 0): Figures {
  const gaps = { ack: gap(0), delivery: gap(0), partition: gap(0) }
  const counts = { acknowledged: 6_000, delivered: 6_000 - lost, deadLettered: 0, lost, duplicated: 3, outOfOrder: 0 }
  const ids = Array.from({ length: Math.min(lost, 50) }, (_, index) => ({
    id: `r1-p1-k${index}-7`,
    what: 'in <the> middle',
  }))
  return {
    ...{
      run: 'r1',
      due: 6_000,
      acknowledged: 6_000,
      failedRequests: 0,
      abandoned: 0,
      deliveries: 6_003,
      appendedAgain: 0,
    },
    subscriptions: [{ name: 'clean', subscription: 'r1-0', holds: lost === 0, ...counts, ...gaps }],
    faults,
    verdicts: [
      {
        ...{ invariant: 'I1', claim: 'no event is lost', name: 'clean' },
        holds: lost === 0,
        judged: 6_000,
        offences: lost,
        first: ids,
      },
    ],
    failures: [],
    timeline: {
      ...{ bucketMs: 1_000, loadMs: 60_000, acknowledged: Array.from({ length: 62 }, () => 100) },
      delivered: [{ name: 'clean', counts: Array.from({ length: 62 }, () => 100) }],
    },
  }
}

const runOf = (figures: Figures, complaint = ''): Run => ({
  ...{ title: 'kill-broker', round: 0, startedAt: '2026-11-22T06:00:00.000Z', seconds: 70 },
  ...{ figures: [figures], notes: ['other <keys>: 95 %'], complaint },
})

const pageOf = (...runs: Run[]): string =>
  page({ format: 1, command: 'chaos --fault "K1"', startedAt: '', machine: '2 cores', totals: totalsOf(runs), runs })

const unjudged = { claim: '', name: '', holds: true, judged: 0, offences: 0, first: [] }

const broken = runOf(figuresOf([fault('kill-broker', 5_000, 4_000)], 70), 'I1 does not hold')

describe('the report on the terminal', () => {
  it('has a line per subscription, and per fault its gaps beside its targets', () => {
    const text = runText(runOf(figuresOf([fault('kill-broker', 5_000, 3_000)])))
    assert.match(text, /^✓ kill-broker, run 1, 70 s$/m)
    assert.match(text, /^ok {2}clean +6,000 +6,000 +0 +0 +3 +0 /m)
    assert.match(text, /^kill-broker \(K1\) +1 +3\.00 s \(≤ 3\.5 s\) +3\.00 s +3\.00 s +3 +3 of 100 +kafka-<2>$/m)
    assert.match(text, /^other <keys>: 95 %$/m)
  })

  it('marks a missed target and fails nothing for it', () => {
    const totals = totalsOf([3_000, 4_000].map((ms) => runOf(figuresOf([fault('kill-broker', 5_000, ms)]))))
    const text = totalsText(totals)
    assert.match(text, /^kill-broker \(K1\) +2 +3\.00 s, most 4\.00 s \(≤ 3\.5 s MISSED 1 of 2\)/m)
    assert.match(text, /^2 runs passed, 0 failed; targets missed: 1$/m)
  })

  it('says what the numbers prove only when nothing was lost and no run failed', () => {
    const many = [0, 1, 2, 3].map((at) => fault('kill-broker', at * 1_000, 1_000))
    const proven = totalsText(totalsOf([runOf(figuresOf(many))]))
    assert.match(proven, /^n = 6,000 acknowledged events, none lost: fewer than 1 in 2,000 with 95 % confidence$/m)
    assert.match(proven, /^k = 4 faults, no run failed: fewer than 75\.0 % of faults break a promise$/m)
    assert.doesNotMatch(totalsText(totalsOf([broken])), /confidence|k =/)
  })
})

describe('what nothing was judged of', () => {
  const verdict = (invariant: string, judged: number) => ({ invariant, judged })

  it('is named with its reason, in order, once, and not where one subscription had something', () => {
    const verdicts = [verdict('I19', 0), verdict('I7', 0), verdict('I7', 0), verdict('I1', 3), verdict('I1', 0)]
    assert.equal(
      unjudgedText(verdicts),
      'not judged: I7 (nothing was dead-lettered), I19 (no owner was seen, or nobody knows which process sent what)',
    )
    assert.equal(unjudgedText([verdict('I1', 3)]), '')
  })

  it('is said of a run on the terminal, and is no pass there', () => {
    const text = runText(runOf({ ...figuresOf([]), verdicts: [{ ...unjudged, invariant: 'I15' }] }))
    assert.match(text, /^r1: .*; judged ; broken: none$/m)
    assert.match(text, /^not judged: I15 \(no process was asked to stop\)$/m)
  })
})

describe('the end of what a command prints', () => {
  it('names a failed run and the first thing that is wrong with it', () => {
    const line = failedLine(runOf(figuresOf([]), 'r1-0: I5 does not hold: 2\n  r1-p1-k0-1: delivered again'))
    assert.equal(line, '✗ kill-broker, run 1, 70 s: r1-0: I5 does not hold: 2')
  })
})

describe('the report as a page', () => {
  it('asks for nothing from outside and runs nothing', () => {
    const html = pageOf(broken)
    assert.doesNotMatch(html, /<script|<link|<img|<iframe|@import|url\(|\b(?:src|href)=/)
    assert.match(html, /content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'"/)
  })

  it('escapes whatever came from outside', () => {
    const html = pageOf(broken)
    assert.match(html, /chaos --fault &quot;K1&quot;/)
    assert.match(html, /other &lt;keys&gt;: 95 %/)
    assert.doesNotMatch(html, /<the>|<2>|<keys>/)
  })

  it('begins with what did not hold, and names the events', () => {
    const html = pageOf(broken)
    assert.match(html, /✗ I1 did not hold<\/span>, 1 of 1 runs failed/)
    assert.match(html, /I1 does not hold for clean \(no event is lost\): 70/)
    assert.match(html, /<li>r1-p1-k49-7: in &lt;the&gt; middle<\/li>\n<li>and 20 more<\/li>/)
  })

  it('unfolds the runs that failed, and of few runs all', () => {
    const good = runOf(figuresOf([]))
    const opened = (...runs: Run[]) => pageOf(...runs).match(/<details class="card" open>/g)?.length ?? 0
    assert.equal(opened(good, good), 2)
    assert.equal(opened(good, good, good, good, broken), 1)
  })
})

describe('the report of many runs', () => {
  it('has pictures of the first ones and of all that failed', () => {
    const many = Array.from({ length: 40 }, () => runOf(figuresOf([])))
    assert.equal(pageOf(...many, broken).match(/<svg /g)?.length, 31)
  })
})

describe('the picture of a run', () => {
  it('has a strip of acknowledgements and one per subscription, a band and a name per fault, a bar per gap', () => {
    const svg = picture(figuresOf([fault('kill-broker', 5_000, 4_000), fault('none', 20_000, 5)]))
    assert.equal(svg.match(/class="area"/g)?.length, 2)
    assert.match(svg, /<text class="fault" x="[\d.]+" y="[\d.]+">kill-broker<\/text>/)
    assert.equal(svg.match(/class="span"/g)?.length, 1)
    assert.equal(svg.match(/class="control"/g)?.length, 1)
    assert.equal(svg.match(/<rect class="gap missed"/g)?.length, 1)
    assert.equal(svg.match(/<rect class="gap"/g)?.length, 1)
    assert.match(svg, />4\.00 s<\/text>/)
  })

  it('draws time to scale: a band is as wide as its fault was long', () => {
    const svg = picture(figuresOf([fault('kill-broker', 31_000, 4_000)]))
    const [, x, wide] = (/<rect class="span" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/.exec(svg) ?? []).map(Number)
    const plot = 1_200 - 2 * 14
    assert.deepEqual([x, wide], [14 + plot / 2, Math.round((plot * 30) / 62) / 10])
  })

  it('puts names that would overlap into lanes above each other', () => {
    const close = [0, 1, 2].map((index) => fault('kill-broker', 10_000 + index * 100, 10))
    const svg = picture(figuresOf(close))
    const heights = [...svg.matchAll(/<text class="fault" x="[\d.]+" y="([\d.]+)"/g)].map(([, y]) => Number(y))
    assert.equal(new Set(heights).size, 3)
  })

  it('is nothing for a run without a load', () => {
    const { timeline, ...others } = figuresOf([])
    assert.equal(picture({ ...others, timeline: { ...timeline, acknowledged: [], delivered: [] } }), '')
  })
})

describe('the folder of a report', () => {
  it('is called after the time and the arguments', () => {
    const path = usualFolder('2026-11-22T06:30:01.123Z', '--fault K1,kill-redis --repeats 30')
    assert.match(path, /\.tailrace\/chaos\/2026-11-22T063001-fault-K1-kill-redis-repeats-30$/)
  })
})
