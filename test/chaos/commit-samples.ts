import { setTimeout as pause } from 'node:timers/promises'
import { decodeMetadata } from '#shared/delivery/commit-metadata.ts'
import { type CommittedOffset, type KafkaAdmin, openAdmin, type PartitionOffsets } from '#shared/kafka/admin.ts'
import { createLogger } from '#shared/observability/log.ts'
import { isCommitted } from './check/coverage.ts'
import { type CommitLine, type FinishedRun, monotonicNs } from './history.ts'

export type Sampled = { subscription: string; group: string; topic: string; retryTopic: string }

export type CommitSampler = {
  add(sampled: Sampled): void
  /** Whether a commit covers an event of the stream now. */
  isCommitted(sampled: Sampled, event: { partition: number; offset: number }): Promise<boolean>
  /** Whether nothing waits any more: both topics are committed to their ends, so no park is open. */
  isSettled(sampled: Sampled): Promise<boolean>
  /** Waits until everything of the streams is committed, or nothing is for a while, takes the last sample and ends. */
  stop(): Promise<void>
}

type Options = { brokers: readonly string[]; run: string }

const everyMs = 1_000
/** Twice the time in which every owner commits even if nothing changed. */
const settleMs = 10_000
const lookAgainMs = 200

/** Writes down once a second what each group has committed of its stream and its retry topic. */
export async function sampleCommits(
  { brokers, run }: Options,
  append: (line: CommitLine) => void,
): Promise<CommitSampler> {
  const log = createLogger('chaos', { level: 'silent', instance: run })
  const admin = await openAdmin({ brokers, clientId: `chaos-${run}`, log })
  const all: Sampled[] = []
  const ending = new AbortController()
  const sample = async (isLast: boolean) => {
    for (const one of all) {
      for (const line of await sampleOf(admin, one)) append({ op: 'commit', run, actor: 'sampler', isLast, ...line })
    }
  }
  const loop = async () => {
    while (!ending.signal.aborted) {
      await sample(false)
      await pause(everyMs, undefined, { signal: ending.signal }).catch(() => {})
    }
  }
  const looping = loop()
  return {
    add: (sampled) => void all.push(sampled),
    async isCommitted({ group, topic }, event) {
      const committed = (await admin.committed(group, topic)).find(({ partition }) => partition === event.partition)
      return isCommitted({ offset: committed?.offset ?? 0, finished: runsOf(committed) }, event.offset)
    },
    isSettled: async ({ group, topic, retryTopic }) =>
      (await hasCommittedAll(admin, group, topic)) && (await hasCommittedAll(admin, group, retryTopic)),
    async stop() {
      ending.abort()
      await looping
      await untilCommitted(admin, all)
      await sample(true)
      await admin.close()
    },
  }
}

type Sample = Omit<CommitLine, 'op' | 'run' | 'actor' | 'isLast'>

async function sampleOf(admin: KafkaAdmin, { subscription, group, topic, retryTopic }: Sampled): Promise<Sample[]> {
  const samples = [topic, retryTopic].map(async (asked) => {
    const committed = await askFor(admin, group, asked)
    const ns = monotonicNs()
    return committed.flatMap((entry): Sample[] => {
      const { partition, offset } = entry
      return offset === null ? [] : [{ ns, subscription, topic: asked, partition, offset, finished: runsOf(entry) }]
    })
  })
  return (await Promise.all(samples)).flat()
}

const runsOf = (entry: CommittedOffset | undefined): readonly FinishedRun[] =>
  entry === undefined ? [] : decodeMetadata(entry.metadata, entry.offset ?? 0).runs

/** Nothing while the coordinator moves, and of a topic that does not exist. */
const askFor = (admin: KafkaAdmin, group: string, topic: string): Promise<CommittedOffset[]> =>
  admin.committed(group, topic).catch(() => [])

async function untilCommitted(admin: KafkaAdmin, all: readonly Sampled[]): Promise<void> {
  const deadline = performance.now() + settleMs
  while (performance.now() < deadline) {
    const done = await Promise.all(all.map(({ group, topic }) => hasCommittedAll(admin, group, topic)))
    if (done.every((one) => one)) return
    await pause(lookAgainMs)
  }
}

/** False while nobody can be asked. */
async function hasCommittedAll(admin: KafkaAdmin, group: string, topic: string): Promise<boolean> {
  const ends = await admin.offsets(topic).catch(() => [])
  const committed = await askFor(admin, group, topic)
  const isAtEnd = ({ partition, high }: PartitionOffsets) =>
    high === 0 || committed.some((one) => one.partition === partition && one.offset === high)
  return ends.length > 0 && ends.every(isAtEnd)
}
