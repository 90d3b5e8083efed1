import { setTimeout as pause } from 'node:timers/promises'
import { until } from '../../support/until.ts'
import type { Proxies } from '../proxy/proxies.ts'
import type { Way } from '../proxy/rules.ts'
import { inForce } from './cuts.ts'
import { type Fault, given, type Scene } from './fault.ts'
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
    inject: (scene) =>
      throughProxy(scene, 'slow-receiver-wire', (proxies, route) =>
        inForce({ proxies, signal: scene.signal }, [[route, [{ up: far, down: far }]]], forMs),
      ),
  },
  'reset-receiver-wire': {
    what: 'every connection to one receiver is reset, five times within 12 s',
    needs: ['spareProxies'],
    // Each reset: whatever was answered in flight.
    takeovers: resets,
    uncommittedMs: 0,
    leastSeconds,
    inject: (scene) => throughProxy(scene, 'reset-receiver-wire', (proxies, route) => reset(scene, proxies, route)),
  },
} as const satisfies Record<string, Fault>

async function throughProxy(scene: Scene, name: string, does: (proxies: Proxies, route: string) => Promise<void>) {
  const { stack, experiment, round } = scene
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
    await does(proxies, route)
  } finally {
    await target(`${receiver.url}/`)
  }
  const { distinct } = receiver.progress()
  await until('something is delivered to it again', () => receiver.progress().distinct > distinct)
}

async function reset({ signal }: Scene, proxies: Proxies, route: string): Promise<void> {
  for (let time = 0; time < resets; time += 1) {
    await proxies.reset(route)
    await pause(forMs / resets, undefined, signal === undefined ? {} : { signal })
  }
}
