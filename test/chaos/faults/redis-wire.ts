import { redisRoute } from '../preparations/proxied-redis.ts'
import type { Rule, Way } from '../proxy/rules.ts'
import { inForce, resetAgain } from './cuts.ts'
import { type Fault, given, type Scene } from './fault.ts'
import { slowness } from './slowness.ts'

const forMs = 10_000
const leastSeconds = 25

/** 200 ms there and back. */
const far: Way = { latencyMs: 100 }

/** Through the proxy in front of Redis. */
const proxied = { needs: ['redisProxy'], leastSeconds, takeovers: 0 } as const

/** What happens on the way to Redis while it is well. */
export const redisWireFaults = {
  'slow-redis': {
    what: 'every answer of Redis takes 200 ms longer, for 10 s',
    ...proxied,
    inject: (scene) => treatRedis(scene, 'slow-redis', { up: far, down: far }),
    look: (facts) => slowness(facts, 'slow-redis'),
  },
  'cut-redis': {
    what: 'nothing reaches Redis and nothing comes from it for 10 s; connections stay open',
    ...proxied,
    inject: (scene) => treatRedis(scene, 'cut-redis', { up: { isCut: true }, down: { isCut: true } }),
    look: (facts) => slowness(facts, 'cut-redis'),
  },
  'mute-redis': {
    what: 'what Redis is told reaches it, and no answer comes back for 10 s',
    ...proxied,
    inject: (scene) => treatRedis(scene, 'mute-redis', { down: { isCut: true } }),
    look: (facts) => slowness(facts, 'mute-redis'),
  },
  'reset-redis': {
    what: 'every connection to Redis is reset, ten times within 10 s',
    ...proxied,
    inject: (scene) => resetRedis(scene, 10),
    look: (facts) => slowness(facts, 'reset-redis'),
  },
} as const satisfies Record<string, Fault>

async function treatRedis(scene: Scene, name: string, rule: Rule): Promise<void> {
  scene.experiment.mark(name, 'redis')
  await inForce(atRedis(scene), [[redisRoute, [rule]]], forMs)
}

/** Throws when there was no connection: then nothing happened. */
async function resetRedis(scene: Scene, times: number): Promise<void> {
  scene.experiment.mark('reset-redis', 'redis')
  await resetAgain(atRedis(scene), { routes: [redisRoute], times, everyMs: forMs / times })
}

const atRedis = (scene: Scene) => ({ proxies: given(scene, 'redisProxy'), signal: scene.signal })
