import { setTimeout as pause } from 'node:timers/promises'
import { blockEventLoop } from './block-event-loop.ts'
import { type Fault, rest, type Scene } from './fault.ts'
import { limitDescriptors } from './limit-descriptors.ts'
import { chooseVictim } from './victim.ts'

const blockedMs = 10_000
const shortMs = 8_000
/** A fifth of a core, as a container with `cpus: 0.2` gets it. */
const runningMs = 40
const stoppedMs = 160

/** A process that has too little of something: time or descriptors. */
export const strainedFaults = {
  'block-consumer': {
    what: 'block the event loop of one consumer for 10 s, beyond its session',
    row: 'S4',
    takeovers: 2,
    inject: (scene) => block(scene, 'block-consumer', 'consumer'),
  },
  'block-producer': {
    what: 'block the event loop of one producer for 10 s',
    row: 'S4',
    takeovers: 0,
    failsRequests: true,
    inject: (scene) => block(scene, 'block-producer', 'producer'),
  },
  'starve-consumer': {
    what: 'one consumer has a fifth of a core for 8 s',
    row: 'S5',
    takeovers: 2,
    inject: (scene) => starve(scene, 'starve-consumer', 'consumer'),
  },
  'starve-producer': {
    what: 'one producer has a fifth of a core for 8 s',
    row: 'S5',
    takeovers: 0,
    failsRequests: true,
    inject: (scene) => starve(scene, 'starve-producer', 'producer'),
  },
  'few-descriptors-consumer': {
    what: 'one consumer may open no further file or connection for 8 s',
    row: 'S5',
    takeovers: 2,
    needs: ['prlimit'],
    inject: (scene) => whileLimited(scene, { name: 'few-descriptors-consumer', service: 'consumer' }),
  },
  'few-descriptors-producer': {
    what: 'one producer may open no further file or connection for 8 s',
    row: 'S5',
    takeovers: 0,
    needs: ['prlimit'],
    failsRequests: true,
    inject: (scene) => whileLimited(scene, { name: 'few-descriptors-producer', service: 'producer' }),
  },
} as const satisfies Record<string, Fault>

async function block(scene: Scene, name: string, service: string): Promise<void> {
  const { pid } = await chooseVictim(scene, name, service)
  await blockEventLoop(pid, blockedMs)
}

async function starve(scene: Scene, name: string, service: string): Promise<void> {
  const { pid } = await chooseVictim(scene, name, service)
  try {
    for (const endMs = performance.now() + shortMs; performance.now() < endMs && scene.signal?.aborted !== true; ) {
      process.kill(pid, 'SIGSTOP')
      await pause(stoppedMs)
      process.kill(pid, 'SIGCONT')
      await pause(runningMs)
    }
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}

async function whileLimited(scene: Scene, { name, service }: { name: string; service: string }): Promise<void> {
  const { pid } = await chooseVictim(scene, name, service)
  const lift = await limitDescriptors(pid)
  try {
    await rest(scene, shortMs)
  } finally {
    await lift()
  }
}
