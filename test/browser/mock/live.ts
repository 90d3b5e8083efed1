import type { IncomingMessage, ServerResponse } from 'node:http'
import { ago, keysOfEvents, made, pick, typesOfEvents } from './moment.ts'
import { state } from './state.ts'

/** Every `everyMs` so many deliveries are shown, and so many more are only counted, as a console does with what is too much. */
export type LivePace = { everyMs: number; shown: number; omitted: number }

const quiet: LivePace = { everyMs: 1_000, shown: 12, omitted: 0 }
const patchMs = 1_000

export function openLive({ everyMs, shown, omitted }: LivePace = quiet) {
  let [patches, deliveries, number] = [0, 0, 0]
  return {
    told: () => ({ patches, deliveries }),
    listen(request: IncomingMessage, response: ServerResponse, url: URL): void {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      const send = (event: string, data: unknown) =>
        response.write(`event: ${event}\nid: 1\ndata: ${JSON.stringify(data)}\n\n`)
      send('state', state())
      const patching = setInterval(() => {
        patches += 1
        const { at, streams, subscriptions, instances } = state(patches)
        send('state-patch', { at, streams, subscriptions, instances })
      }, patchMs)
      const hearsDeliveries = url.searchParams.get('topics')?.includes('deliveries') === true
      const telling = setInterval(() => {
        if (!hearsDeliveries) return
        for (let one = 0; one < shown; one += 1) {
          number += 1
          send('delivery', deliveryOf(number))
        }
        if (omitted > 0) send('deliveries-omitted', { count: omitted })
        deliveries += shown + omitted
      }, everyMs)
      request.on('close', () => {
        clearInterval(patching)
        clearInterval(telling)
      })
    },
  }
}

function deliveryOf(number: number) {
  const state =
    number % 19 === 7 ? 'dead-lettered' : number % 13 === 5 ? 'retrying' : number % 17 === 3 ? 'filtered' : 'delivered'
  const status = state === 'dead-lettered' ? 422 : state === 'retrying' ? 502 : state === 'filtered' ? null : 200
  const lastAttempt = {
    number: 1,
    target: 'https://audit.internal/hooks',
    decision: 'delivered',
    code: `status-${status}`,
    status,
    totalMs: 5 + (number % 90),
  }
  return {
    ...{
      id: `audit-4-${number}`,
      subscription: pick(made, number).name,
      subscriptionUid: 'k3v9q2',
      position: `github-4-${number}`,
      state,
    },
    ...{
      because: null,
      behind: null,
      nextAttemptAt: null,
      attempts: 1,
      firstAttemptAt: ago(0),
      settledAt: ago(0),
      at: new Date().toISOString(),
    },
    ...{ type: pick(typesOfEvents, number), key: pick(keysOfEvents, number), job: null, instance: 'consumer-1' },
    lastAttempt: status === null ? null : lastAttempt,
  }
}
