import { batch, signal } from '@preact/signals'
import { mergePatch } from '../../merge-patch.ts'
import { get } from '../api/client.ts'
import type { Job } from '../api/job-shapes.ts'
import type { Delivery } from '../api/journey-shapes.ts'
import type { State } from '../api/state-shapes.ts'

/** A settled delivery as the event stream tells it. */
export type LiveDelivery = Delivery & {
  at: string
  type: string | null
  key: string | null
  job: string | null
  instance: string | null
  lastAttempt: {
    number: number
    target: string
    decision: string
    code: string
    status: number | null
    totalMs: number
  } | null
}
/** Some deliveries, and how many more there were that are only counted. */
export type Bundle = { deliveries: readonly LiveDelivery[]; omitted: number }

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
const comeBackMs = 2_000
const deliveryListeners = new Set<(bundle: Bundle) => void>()
let source: EventSource | undefined
let pending: LiveDelivery[] = []
let omitted = 0

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
export function onDeliveries(listener: (bundle: Bundle) => void): () => void {
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
    // EventSource gives up after an answer that is not 200: of a console that restarts, or because nobody is signed in.
    if (opened.readyState === EventSource.CLOSED) setTimeout(() => source === opened && comeBack(), comeBackMs)
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
  // Thousands a second: nothing is drawn of them before the next flush.
  opened.addEventListener('delivery', (event) => {
    pending.push(JSON.parse(String((event as MessageEvent).data)))
  })
  hear(opened, 'deliveries-omitted', (data) => {
    omitted += (data as { count: number }).count
  })
}

function comeBack(): void {
  // Asks who is signed in: the answer 401 shows the door, every other one is a reason to try again.
  get('/v1/session').catch(() => undefined)
  open()
}

function hear(from: EventSource, name: string, take: (data: unknown) => void): void {
  from.addEventListener(name, (event) => {
    batch(() => {
      heardAt.value = Date.now()
      connection.value = 'live'
      take(JSON.parse(String((event as MessageEvent).data)))
    })
  })
}

function flush(): void {
  if (pending.length === 0 && omitted === 0) return
  const bundle = { deliveries: pending, omitted }
  pending = []
  omitted = 0
  for (const listener of deliveryListeners) listener(bundle)
}
