import { kcatMissing } from '../support/kcat.ts'
import { type CommitSampler, sampleCommits } from './commit-samples.ts'
import type { Subscribed } from './course.ts'
import type { HistoryLine, HistoryWriter } from './history.ts'
import { followLog, tapDeadLetters, tapLog, tapRetryTopic } from './tap.ts'

/** What outsiders see of a run: offsets and retry topics while it lasts, every topic when it is over. */
export type Observation = {
  add(subscribed: Subscribed): void
  isCommitted: CommitSampler['isCommitted']
  isSettled: CommitSampler['isSettled']
  /** Waits for the last commits and ends. */
  stop(): Promise<void>
  /** After the stop: reads the log, the dead letters and what is left of the retry topics. */
  readTopics(): Promise<void>
}

type Options = { brokers: readonly string[]; run: string; topic: string }

/** Starts to sample; writes everything into `history`. */
export async function observe(options: Options, history: HistoryWriter): Promise<Observation> {
  const sampler = await sampleCommits(options, history.append)
  const all: Subscribed[] = []
  const reader = followLog(options, history.append)
  let stopping: Promise<void> | undefined
  const stop = async () => {
    await sampler.stop()
    reader.stop()
    for (const { retries } of all) retries.stop()
  }
  return {
    add(subscribed) {
      all.push(subscribed)
      sampler.add(subscribed)
    },
    isCommitted: sampler.isCommitted,
    isSettled: sampler.isSettled,
    stop: () => {
      stopping ??= stop()
      return stopping
    },
    async readTopics() {
      if (kcatMissing === false) await readInto(history, options, all)
      else process.stderr.write(`The log is not read: ${kcatMissing}\n`)
    },
  }
}

async function readInto(history: HistoryWriter, options: Options, all: readonly Subscribed[]): Promise<void> {
  const append = async (lines: AsyncIterable<HistoryLine>) => {
    for await (const line of lines) history.append(line)
  }
  await append(tapLog(options))
  await append(tapDeadLetters({ ...options, topic: 'tailrace.dead-letters' }))
  for (const { subscription, retryTopic } of all) {
    await append(tapRetryTopic({ ...options, subscription, topic: retryTopic }))
  }
}
