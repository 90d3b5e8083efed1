import type { Course } from '../experiment.ts'
import { type Fault, rest, type Scene } from './fault.ts'
import { recreateSubscription } from './recreate.ts'
import { onlyItWasRefused, revokeKey } from './revoke.ts'

const changes = 12
const betweenMs = 500
const rotations = 3
const rotatedMs = 3_000

/** Changes to the catalog while events flow: nothing is lost or repeated by one, and no request fails that had not to. */
export const catalogFaults = {
  'change-subscription': {
    what: 'change limits, headers, schedule and filter of one subscription twelve times within 6 s',
    takeovers: 0,
    inject: (scene) =>
      change(scene, 'change-subscription', ({ api }, { scope }, count) => {
        const isOdd = count % 2 === 1
        return api.patchSubscription(scope.subscription, {
          delivery: { concurrency: isOdd ? 4 : 64, timeoutMs: isOdd ? 10_000 : 15_000 },
          destination: { headers: { 'x-change': String(count) } },
          filter: { types: [isOdd ? 'chaos.*' : 'chaos.tick'] },
        })
      }),
  },
  'change-target': {
    what: 'give one subscription another URL twelve times within 6 s',
    takeovers: 0,
    inject: (scene) =>
      change(scene, 'change-target', ({ api }, { scope, receiver }, count) =>
        api.patchSubscription(scope.subscription, { destination: { targets: [{ url: `${receiver.url}/${count}` }] } }),
      ),
  },
  'pause-subscription': {
    what: 'pause and resume one subscription in turn, twelve times within 6 s',
    takeovers: 0,
    inject: (scene) =>
      change(scene, 'pause-subscription', ({ api }, { scope }, count) =>
        api.act(scope.subscription, count % 2 === 1 ? 'pause' : 'resume'),
      ),
  },
  'rotate-secret': {
    what: 'give one subscription a new signing secret three times within 9 s; its receiver takes the last two',
    takeovers: 0,
    inject: rotate,
  },
  'revoke-key': {
    what: 'delete the key of one publisher while it publishes: it is refused, the others are not',
    takeovers: 0,
    failsRequests: true,
    inject: revokeKey,
    look: onlyItWasRefused,
  },
  'recreate-subscription': {
    what: 'delete a subscription in the middle of its backlog and create another one of its name, from the beginning',
    takeovers: 0,
    inject: recreateSubscription,
  },
} as const satisfies Record<string, Fault>

type Change = (stack: Scene['stack'], course: Course, count: number) => Promise<unknown>

/** Makes one change after the other to the first subscription of the run. */
async function change(scene: Scene, name: string, make: Change): Promise<void> {
  const [course] = scene.experiment.courses
  if (course === undefined) throw new Error('the run has no subscription')
  scene.experiment.mark(name, course.scope.subscription)
  for (let count = 1; count <= changes; count += 1) {
    await make(scene.stack, course, count)
    await rest(scene, betweenMs)
  }
}

/** Slow enough that nobody signs with a secret that is two older than the newest. */
async function rotate(scene: Scene): Promise<void> {
  const [course] = scene.experiment.courses
  if (course === undefined) throw new Error('the run has no subscription')
  const { scope, receiver } = course
  scene.experiment.mark('rotate-secret', scope.subscription)
  for (let count = 0; count < rotations; count += 1) {
    const answer = await scene.stack.api.act(scope.subscription, 'rotate-secret', { overlapMs: 60_000 })
    receiver.useSecret(answer.signingSecret ?? '')
    await rest(scene, rotatedMs)
  }
}
