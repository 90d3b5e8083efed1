/* What becomes of containers of docker-compose.yml: killed, paused, or taken off the network of Kafka and Redis. */
import type { Containers } from '../../support/stack.ts'
import { type Fault, rest, type Scene } from './fault.ts'
import { chooseVictim } from './victim.ts'

/** The engine starts again what crashed, not what somebody killed: we do, when others have noticed. */
const downMs = 5_000
/** Longer than a session of a broker and of a consumer, which are 2 s and 6 s. */
const pausedMs = 8_000
const cutMs = 8_000

const killOf = (service: string) => `docker kill one ${service}, docker start it ${downMs / 1000} s later`
const pauseOf = (service: string) => `docker pause one ${service} for ${pausedMs / 1000} s, then docker unpause it`
const cutOf = (service: string) =>
  `docker network disconnect one ${service} from the network of Kafka and Redis for ${cutMs / 1000} s, then connect it`

/** On the stack of --target compose. */
export const containerFaults = {
  'docker-kill-broker': {
    what: killOf('broker'),
    targets: { ackMs: 3_500, deliveryMs: 3_500 },
    takeovers: 1,
    inject: (scene) => hit(scene, { name: 'docker-kill-broker', service: 'kafka', ms: downMs, does: 'kill' }),
  },
  'docker-kill-consumer': {
    what: killOf('consumer'),
    // Nobody but the other consumers sees it.
    targets: { partitionMs: 4_000 },
    takeovers: 1,
    uncommittedMs: 0,
    inject: (scene) => hit(scene, { name: 'docker-kill-consumer', service: 'consumer', ms: downMs, does: 'kill' }),
  },
  'docker-kill-redis': {
    what: killOf('Redis'),
    takeovers: 0,
    inject: (scene) => hit(scene, { name: 'docker-kill-redis', service: 'redis', ms: downMs, does: 'kill' }),
  },
  'docker-pause-broker': {
    what: pauseOf('broker'),
    targets: { ackMs: 4_000, deliveryMs: 4_000 },
    takeovers: 2,
    // It may coordinate groups: nobody commits meanwhile.
    uncommittedMs: pausedMs,
    inject: (scene) => hit(scene, { name: 'docker-pause-broker', service: 'kafka', ms: pausedMs, does: 'pause' }),
  },
  'docker-pause-consumer': {
    what: pauseOf('consumer'),
    targets: { partitionMs: 4_000 },
    takeovers: 1,
    uncommittedMs: 0,
    inject: (scene) => hit(scene, { name: 'docker-pause-consumer', service: 'consumer', ms: pausedMs, does: 'pause' }),
  },
  'docker-pause-producer': {
    what: pauseOf('producer'),
    targets: { ackMs: 4_000 },
    takeovers: 0,
    failsRequests: true,
    inject: (scene) => hit(scene, { name: 'docker-pause-producer', service: 'producer', ms: pausedMs, does: 'pause' }),
  },
  'docker-pause-redis': {
    what: pauseOf('Redis'),
    takeovers: 0,
    inject: (scene) => hit(scene, { name: 'docker-pause-redis', service: 'redis', ms: pausedMs, does: 'pause' }),
  },
  'docker-disconnect-broker': {
    what: cutOf('broker'),
    targets: { ackMs: 4_000, deliveryMs: 4_000 },
    takeovers: 2,
    uncommittedMs: cutMs,
    inject: (scene) => hit(scene, { name: 'docker-disconnect-broker', service: 'kafka', ms: cutMs, does: 'cut' }),
  },
  'docker-disconnect-consumer': {
    what: cutOf('consumer'),
    targets: { partitionMs: 8_000 },
    takeovers: 1,
    // It reaches its receivers still, and delivers until its last heartbeat is 4.8 s old; nobody hears of that.
    uncommittedMs: 6_000,
    inject: (scene) => hit(scene, { name: 'docker-disconnect-consumer', service: 'consumer', ms: cutMs, does: 'cut' }),
  },
  'docker-disconnect-producer': {
    what: cutOf('producer'),
    targets: { ackMs: 4_000 },
    takeovers: 0,
    failsRequests: true,
    inject: (scene) => hit(scene, { name: 'docker-disconnect-producer', service: 'producer', ms: cutMs, does: 'cut' }),
  },
  'docker-disconnect-redis': {
    what: cutOf('Redis'),
    takeovers: 0,
    inject: (scene) => hit(scene, { name: 'docker-disconnect-redis', service: 'redis', ms: cutMs, does: 'cut' }),
  },
} as const satisfies Record<string, Fault>

type Hit = { name: string; service: string; ms: number; does: keyof Containers }

/** Does it to one container of a service, each in turn by round, and undoes it after a while, or when the run ends early. */
async function hit(scene: Scene, { name, service, ms, does }: Hit): Promise<void> {
  const { containers } = scene.stack
  if (containers === undefined) throw new Error(`${name} takes a stack of containers: --target compose`)
  const victim = await chooseVictim(scene, name, service)
  const undo = await containers[does](victim.name)
  try {
    await rest(scene, ms)
  } finally {
    await undo()
    scene.experiment.markUndone()
  }
}
