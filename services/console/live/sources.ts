import type { JobAnswer } from '#shared/catalog/job-schema.ts'
import type { JsonObject } from '../body.ts'
import type { Console } from '../context.ts'
import { readStateNames, type StateNames } from '../deliveries/live-state.ts'
import { showJobs } from '../job-answer.ts'
import { isUnfinished, jobsOf } from '../jobs.ts'
import { readState } from '../state.ts'
import { createDeliveryTail } from './delivery-tail.ts'
import type { Sources } from './watch.ts'

/** What the instances report is new once a second. */
const namesMs = 1_000

/** Where the live stream of a console gets its happenings from. */
export function liveSources(console: Console): Sources {
  const { admin, topics } = console
  return {
    state: () => readState(console) as Promise<JsonObject>,
    deliveries: createDeliveryTail({ admin, topic: topics.attempts, names: remembered(() => readStateNames(console)) }),
    jobs: changedJobs(console),
  }
}

/** The jobs that are under way or were at the last look, whenever one of them shows something else than before. */
function changedJobs(console: Console): Sources['jobs'] {
  let shown = new Map<string, string>()
  const look = async (): Promise<JobAnswer[]> => {
    const before = shown
    const all = jobsOf(console)
    const jobs = await showJobs(
      console,
      all.filter((job) => isUnfinished(console, job) || before.has(job.id)),
    )
    const texts = jobs.map((job) => [job, JSON.stringify(job)] as const)
    const unfinished = new Set(all.filter((job) => isUnfinished(console, job)).map(({ id }) => id))
    shown = new Map(texts.filter(([{ id }]) => unfinished.has(id)).map(([{ id }, text]) => [id, text]))
    return texts.filter(([{ id }, text]) => before.get(id) !== text).map(([job]) => job)
  }
  return {
    async begin() {
      await look()
    },
    since: look,
  }
}

function remembered(read: () => Promise<StateNames>): () => Promise<StateNames> {
  let atMs = Number.NEGATIVE_INFINITY
  let names: Promise<StateNames> | undefined
  return () => {
    if (names === undefined || performance.now() - atMs >= namesMs) {
      atMs = performance.now()
      names = read()
    }
    return names
  }
}
