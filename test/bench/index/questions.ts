import { webhookIdOf } from '#shared/event/webhook-id.ts'
import type { RowFilter } from '../../../services/console/index/queries/deliveries.ts'
import type { EventFilter } from '../../../services/console/index/queries/events.ts'
import type { Reader } from '../../../services/console/index/reader.ts'
import { type Installation, idOf, keyOf, outageStart, sick, subscriptionOf, timeOf, typeOf, uidOf } from './fill.ts'

const anyEvent: EventFilter = {
  id: null,
  source: null,
  key: null,
  type: null,
  stream: null,
  sinceMs: null,
  untilMs: null,
}
const anyRow: RowFilter = {
  ...{ uid: null, state: null, key: null, type: null, target: null, sinceMs: null, untilMs: null },
}
const limit = 51

/** Random questions of each kind that routes ask. */
export function questionsOf(installation: Installation): Record<string, (reader: Reader) => unknown> {
  const { events, partitions, subscriptions } = installation
  const n = () => Math.floor(Math.random() * events)
  const number = () => Math.floor(Math.random() * subscriptions)
  const subscription = () => subscriptionOf(number())
  const uid = () => uidOf(number())
  const listEvents = (filter: () => Partial<EventFilter>) => (reader: Reader) =>
    reader.ask('listEvents', { filter: { ...anyEvent, ...filter() }, after: null, limit })
  const listRows = (filter: () => Partial<RowFilter>) => (reader: Reader) =>
    reader.ask('listRows', { filter: { ...anyRow, ...filter() }, after: null, limit })
  const placeOf = (at: number) => ({
    stream: 'orders',
    partition: at % partitions,
    offset: Math.floor(at / partitions),
  })
  const told = (reader: Reader, at: number) => reader.ask('toldAbout', placeOf(at))
  const before = () => ({ untilMs: timeOf(n(), installation) })
  const start = outageStart(installation)
  return {
    'journey by id'(reader) {
      const at = n()
      return [reader.ask('findEvents', { id: idOf(at) }), told(reader, at)]
    },
    'journey by webhook-id'(reader) {
      const at = n()
      return [reader.ask('findEvents', { id: webhookIdOf(`/shop-${at % 20}`, idOf(at)) }), told(reader, at)]
    },
    'journey by position'(reader) {
      const at = n()
      return [reader.ask('eventAt', placeOf(at)), told(reader, at)]
    },
    'events of a key': listEvents(() => ({ key: keyOf(n(), installation) })),
    'events of a type before': listEvents(() => ({ type: typeOf(n()), ...before() })),
    'events of a source before': listEvents(() => ({ source: `/shop-${n() % 20}`, ...before() })),
    'events of a stream before': listEvents(() => ({ stream: 'orders', ...before() })),
    'events of a type and a source': listEvents(() => ({ type: typeOf(n()), source: `/shop-${n() % 20}` })),
    'delivery with its attempts'(reader) {
      const { partition, offset } = placeOf(n())
      return reader.ask('wholeDelivery', { subscription: subscription(), partition, offset })
    },
    'deliveries of a subscription before': listRows(() => ({ uid: uid(), ...before() })),
    'dead letters of a subscription': listRows(() => ({ uid: uid(), state: 'dead-lettered' })),
    'delivered ones of a subscription before': listRows(() => ({
      ...{ uid: uid(), state: 'delivered', ...before() },
    })),
    'deliveries of a key': listRows(() => ({ key: keyOf(n(), installation) })),
    'deliveries of a type and a subscription': listRows(() => ({ type: typeOf(n()), uid: uid() })),
    'deliveries of a target before': listRows(() => ({
      target: `https://${subscription()}.example/hooks`,
      ...before(),
    })),
    'longest queues of a receiver that is down': (reader) =>
      reader.ask('longestQueues', { uid: uidOf(sick), limit: 8 }),
    'what a delivery waits for'(reader) {
      const at = start + Math.floor(Math.random() * (events - start))
      const queued = { ...placeOf(at), uid: uidOf(sick), key: keyOf(at, installation) }
      return reader.ask('blockerOf', { ...queued, underWay: [], heedsFailed: true })
    },
    'history of three series, a day': (reader) => {
      const from = Math.floor(timeOf(n(), installation) / 60_000)
      const series = ['stored/orders', `delivered/${subscription()}`, `failed/${subscription()}`]
      return reader.ask('readMinutes', { series, from, to: from + 1_440 })
    },
  }
}
