import { batch, signal } from '@preact/signals'
import type { Job } from '../api/job-shapes.ts'
import type { Delivery } from '../api/journey-shapes.ts'
import type { State } from '../api/state-shapes.ts'
import { mergePatch } from './merge-patch.ts'

/** A settled delivery as the event stream tells it. */
export type LiveDelivery = Partial<Delivery> & {
  id: string
  subscription: string
  state: string
  at?: string
  type?: string | null
  key?: string | null
  code?: string | null
  status?: number | null
  totalMs?: number | null
  number?: number
}

/** The state of everything, kept up to date; undefined until the first answer. */
export const state = signal<State | undefined>(undefined)
/** live: messages come; stopped: the figures are those of `heardAt`. */
export const connection = signal<'connecting' | 'live' | 'stopped'>('connecting')
/** When the last message came, milliseconds since 1970. */
export const heardAt = signal(0)
/** Jobs that changed since the page was opened, by id. */
export const jobs = signal<ReadonlyMap<string, Job>>(new Map())

/** Longer than any pause between two changes of the state, which has a clock in it. */
const silenceMs = 6_000
const deliveryListeners = new Set<(deliveries: LiveDelivery[]) => void>()
let source: EventSource | undefined
let pending: LiveDelivery[] = []

/** Opens the one event stream of the page. */
export function startLive(): void {
  open()
  setInterval(() => {
    if (connection.peek() === 'live' && Date.now() - heardAt.peek() > silenceMs) connection.value = 'stopped'
  }, 1_000)
  // At 2,000 deliveries a second each listener is called four times, not 2,000 times.
  setInterval(flush, 250)
}

export function stopLive(): void {
  source?.close()
  source = undefined
}

/** Hears of deliveries as they are settled, in bundles; the stream carries them only while someone listens. */
export function onDeliveries(listener: (deliveries: LiveDelivery[]) => void): () => void {
  deliveryListeners.add(listener)
  if (deliveryListeners.size === 1) open()
  return () => {
    deliveryListeners.delete(listener)
    if (deliveryListeners.size === 0) open()
  }
}

function open(): void {
  source?.close()
  const topics = ['state', 'jobs', ...(deliveryListeners.size > 0 ? ['deliveries'] : [])]
  const opened = new EventSource(`/v1/live?topics=${topics.join(',')}`)
  source = opened
  opened.onerror = () => {
    connection.value = 'stopped'
    // EventSource gives up after an answer that is not 200; a console that restarts may give one.
    if (opened.readyState === EventSource.CLOSED) setTimeout(() => source === opened && open(), 2_000)
  }
  hear(opened, 'state', (data) => {
    state.value = data as State
  })
  hear(opened, 'state-patch', (data) => {
    if (state.value !== undefined) state.value = mergePatch(state.value, data)
  })
  hear(opened, 'job', (data) => {
    const job = data as Job
    jobs.value = new Map(jobs.value).set(job.id, job)
  })
  hear(opened, 'delivery', (data) => {
    if (Array.isArray(data)) pending.push(...(data as LiveDelivery[]))
    else pending.push(data as LiveDelivery)
  })
  hear(opened, 'reset', open)
}

function hear(from: EventSource, name: string, take: (data: unknown) => void): void {
  from.addEventListener(name, (event) => {
    batch(() => {
      heardAt.value = Date.now()
      connection.value = 'live'
      take(JSON.parse((event as MessageEvent<string>).data))
    })
  })
}

function flush(): void {
  if (pending.length === 0) return
  const deliveries = pending
  pending = []
  for (const listener of deliveryListeners) listener(deliveries)
}
