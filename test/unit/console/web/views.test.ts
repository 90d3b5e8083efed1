import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Delivery } from '../../../../services/console/web/api/journey-shapes.ts'
import { advance } from '../../../../services/console/web/live/owners.ts'
import { selectionOf, wordsOfSelection } from '../../../../services/console/web/screens/dead-letters/selection.ts'
import { phasesOf } from '../../../../services/console/web/screens/journey/phases.ts'
import { isSilent } from '../../../../services/console/web/screens/journey/silent.ts'
import { definitionOf, emptyDraft } from '../../../../services/console/web/screens/subscriptions/draft.ts'
import { counted, seconds } from '../../../../services/console/web/screens/tail/tape.ts'

describe('the selection of a redrive', () => {
  it('is what the address says: chosen letters, or all that match', () => {
    const byIds = selectionOf({
      subscription: 'billing',
      cause: 'refused',
      redrive: 'ids',
      ids: 'billing-1-2 billing-1-3',
    })
    assert.deepEqual([byIds.ids, byIds.cause], [['billing-1-2', 'billing-1-3'], null])
    const byQuery = selectionOf({ subscription: 'billing', cause: 'refused', redrive: 'query' })
    assert.deepEqual([byQuery.ids, byQuery.cause], [null, ['refused']])
    assert.equal(wordsOfSelection(byQuery), 'subscription = billing, cause = refused')
  })
})

describe('the phases of an attempt', () => {
  it('add up to its time', () => {
    const timingsMs = { dns: 0.4, connect: 1.2, tls: 6, firstByte: 20.1, total: 21 }
    const phases = phasesOf({ timingsMs, decision: 'retry' })
    assert.equal(Math.round(phases.reduce((sum, { ms }) => sum + ms, 0) * 10) / 10, 21)
    assert.equal(phases.find(({ name }) => name === 'first byte')?.fill, 'f-fail')
  })

  it('say that no answer came', () => {
    const timingsMs = { dns: 0, connect: 1, tls: 0, firstByte: null, total: 15_000 }
    assert.deepEqual(
      phasesOf({ timingsMs, decision: 'retry' }).map(({ name }) => name),
      ['connect', 'no answer'],
    )
  })
})

describe('a silent delivery', () => {
  it('is one of which nothing was sent', () => {
    const of = (state: string, attempts: number): Pick<Delivery, 'state' | 'attempts'> => ({ state, attempts })
    assert.equal(isSilent(of('filtered', 0)), true)
    assert.equal(isSilent(of('waiting', 0)), true)
    assert.equal(isSilent(of('held', 2)), false)
    assert.equal(isSilent(of('delivered', 1)), false)
  })
})

describe('the form of a subscription', () => {
  it('sends what was typed as the API wants it', () => {
    const draft = {
      ...emptyDraft,
      stream: 'orders',
      urls: 'https://a.example/x\nhttps://b.example/y',
      types: 'order.*, invoice.paid',
      perSecond: '20',
    }
    assert.deepEqual(definitionOf(draft), {
      ...{ stream: 'orders', ordering: 'key', from: 'latest', description: '' },
      filter: { types: ['order.*', 'invoice.paid'], cel: null },
      destination: { targets: [{ url: 'https://a.example/x' }, { url: 'https://b.example/y' }] },
      delivery: { concurrency: 64, timeoutMs: 15_000, rateLimit: { perSecond: 20, burst: 20 } },
    })
  })

  it('sends back what the form does not show: weights, backups, health checks, and a burst', () => {
    const targets = [{ url: 'http://127.0.0.1:7000/', weight: 3, backup: true, healthPath: '/up' }]
    const destination = { kind: 'http', format: 'as-published', balance: 'weighted', targets, headers: {} }
    const delivery = { timeoutMs: 1, connectTimeoutMs: 1, concurrency: 1, rateLimit: { perSecond: 10, burst: 50 } }
    const draft = { ...emptyDraft, urls: `${targets[0]?.url} http://127.0.0.1:7001/`, perSecond: '10' }
    const sent = definitionOf({ ...draft, known: { destination, delivery } }) as Record<string, object>
    assert.deepEqual(sent.destination, { targets: [targets[0], { url: 'http://127.0.0.1:7001/' }] })
    assert.deepEqual(sent.delivery, { concurrency: 64, timeoutMs: 15_000, rateLimit: { perSecond: 10, burst: 50 } })
    const toKafka = { destination: { ...destination, kind: 'kafka', targets: [] }, delivery }
    assert.equal('destination' in definitionOf({ ...draft, known: toKafka }), false)
  })
})

describe('the outcomes a second', () => {
  it('count each second once, those without any too, and forget what is older than two minutes', () => {
    const delivered = { state: 'delivered' } as never
    const first = counted([], { deliveries: [delivered], omitted: 2 }, { atSecond: 10, whilePaused: false })
    const second = counted(first, { deliveries: [], omitted: 0 }, { atSecond: 13, whilePaused: false })
    assert.deepEqual(
      second.map(({ atSecond }) => atSecond),
      [10, 11, 12, 13],
    )
    assert.deepEqual([second[0]?.delivered, second[0]?.omitted, second[3]?.delivered], [1, 2, 0])
    const later = counted(second, { deliveries: [], omitted: 0 }, { atSecond: 1_000, whilePaused: false })
    assert.ok(later.length <= seconds && later.every(({ atSecond }) => atSecond > 1_000 - seconds - 1))
  })
})

describe('who owned what', () => {
  it('ends a span where an owner changes, and gathers what moved together', () => {
    const before = advance(
      [],
      [
        { partition: 0, owner: 'a' },
        { partition: 1, owner: 'a' },
      ],
      1,
    )
    assert.deepEqual(before.moved, [])
    const { spans, moved } = advance(
      before.spans,
      [
        { partition: 0, owner: 'b' },
        { partition: 1, owner: 'b' },
      ],
      5,
    )
    assert.deepEqual(moved, [{ partitions: [0, 1], from: 'a', to: 'b' }])
    assert.deepEqual(spans[0], { partition: 0, owner: 'a', fromMs: 1, toMs: 5 })
    assert.equal(
      advance(
        spans,
        [
          { partition: 0, owner: 'b' },
          { partition: 1, owner: 'b' },
        ],
        9,
      ).spans.length,
      4,
    )
  })
})
