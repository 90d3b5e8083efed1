import type { StackProcess } from '../../support/stack.ts'
import type { Subscribed } from '../course.ts'
import type { RetryLine } from '../history.ts'
import { rest, type Scene } from './fault.ts'
import { ownersOf } from './owners.ts'

/** A retry record just seen, and the process that wrote it. */
export type Parked = { park: RetryLine; owner: StackProcess; subscribed: Subscribed }

const longestWaitMs = 30_000

/** Calls `act` with the next park of any subscription in the moment in which the tap sees it: ms after its append. */
export async function onNextPark({ stack, experiment, signal }: Scene, act: (parked: Parked) => void): Promise<Parked> {
  const candidates = experiment.courses.flatMap(({ subscribed }) => subscribed ?? [])
  const owned = await Promise.all(
    candidates.map(async (subscribed) => ({ subscribed, owners: await ownersOf(stack, subscribed.subscription) })),
  )
  const seen = Promise.withResolvers<Parked>()
  const ends = owned.map(({ subscribed, owners }) =>
    subscribed.retries.listen((park) => {
      const owner = owners.get(park.partition)
      if (park.kind !== 'park' || owner === undefined) return
      for (const end of ends.splice(0)) end()
      seen.resolve(acted(act, { park, owner, subscribed }))
    }),
  )
  const limit = rest({ signal }, longestWaitMs).then(() => {
    throw new Error(`no event was parked within ${longestWaitMs / 1000} s`)
  })
  try {
    return await Promise.race([seen.promise, limit])
  } finally {
    limit.catch(() => {})
    for (const end of ends) end()
  }
}

/** Rejects when the owner died in the meantime: nothing may be thrown into the reader of the tap. */
async function acted(act: (parked: Parked) => void, parked: Parked): Promise<Parked> {
  act(parked)
  return parked
}
