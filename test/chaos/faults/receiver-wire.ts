import { until } from '../../support/until.ts'
import { type Facts, type FaultSpan, receiptsOf } from '../check/facts.ts'
import type { Way } from '../proxy/rules.ts'
import { inForce, resetAgain, type Where } from './cuts.ts'
import { type Fault, type Figure, given, type Scene } from './fault.ts'
import { otherCourse } from './misbehave.ts'

const forMs = 12_000
const resets = 5
const leastSeconds = 40

/** 200 ms there and back, and room for about eighty events a second. */
const far: Way = { latencyMs: 100, bytesPerSecond: 100_000 }

/** What happens on the way to one receiver while it is well: its subscription has a proxy for a target meanwhile. */
export const receiverWireFaults = {
  'slow-receiver-wire': {
    what: '200 ms and 0.8 Mbit/s between one receiver and its consumers for 12 s',
    needs: ['spareProxies'],
    takeovers: 0,
    leastSeconds,
    inject: (scene) => throughProxy(scene, 'slow-receiver-wire', slow),
    look: (facts) => hidden(facts, 'slow-receiver-wire'),
  },
  'reset-receiver-wire': {
    what: 'every connection to one receiver is reset, five times within 12 s',
    needs: ['spareProxies'],
    // Each reset: whatever was answered in flight.
    takeovers: resets,
    uncommittedMs: 0,
    leastSeconds,
    inject: (scene) => throughProxy(scene, 'reset-receiver-wire', reset),
    look: (facts) => hidden(facts, 'reset-receiver-wire'),
  },
} as const satisfies Record<string, Fault>

/** Something that is done to a route. */
type Trouble = (where: Where, route: string) => Promise<unknown>

const slow: Trouble = (where, route) => inForce(where, [[route, [{ up: far, down: far }]]], forMs)

const reset: Trouble = (where, route) => resetAgain(where, { routes: [route], times: resets, everyMs: forMs / resets })

async function throughProxy(scene: Scene, name: string, trouble: Trouble): Promise<void> {
  const { stack, experiment, round, signal } = scene
  const { scope, receiver } = otherCourse(experiment)
  const proxies = given(scene, 'spareProxies')
  const route = `${scope.subscription}/${round}`
  const upstreamPort = Number(new URL(receiver.url).port)
  const port = await proxies.open({ name: route, upstreamPort, protocol: 'bytes' })
  const target = (url: string) =>
    stack.api.patchSubscription(scope.subscription, { destination: { targets: [{ url }] } })
  await target(`http://127.0.0.1:${port}/`)
  try {
    await until('its deliveries go through the proxy', async () => (await proxies.status(route)).connections > 0)
    experiment.mark(name, scope.subscription)
    await trouble({ proxies, signal }, route)
  } finally {
    await target(`${receiver.url}/`)
  }
  await until('nothing goes through the proxy any more', async () => (await proxies.status(route)).connections === 0)
}

/** How many requests came through the proxy: they are what I19 cannot judge, because nobody sees who is behind it. */
export function hidden(facts: Facts, name: string): Figure {
  const all = facts.faults.filter(({ fault }) => fault === name).map((span) => hiddenIn(facts, span))
  const complaints = all.includes(0) ? [`${name}: nothing came through the proxy`] : []
  return { text: `${name}: ${all.join(', ')} requests through the proxy, not judged by I19`, complaints }
}

function hiddenIn(facts: Facts, { victim, ns, wholeNs = Infinity }: FaultSpan): number {
  const requests = [...receiptsOf(facts, { subscription: victim, stream: '' }).values()].flat()
  return requests.filter(({ sender, arrivedNs }) => sender === null && arrivedNs >= ns && arrivedNs < wholeNs).length
}
