import { setTimeout as pause } from 'node:timers/promises'
import { type CommittedOffset, type KafkaAdmin, openAdmin } from '#shared/kafka/admin.ts'
import { createLogger } from '#shared/observability/log.ts'
import { type CommitLine, monotonicNs } from './history.ts'

export type Sampled = { subscription: string; group: string; topic: string; retryTopic: string }

export type CommitSampler = {
  add(sampled: Sampled): void
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
      for (const topic of [one.topic, one.retryTopic]) {
        const committed = await askFor(admin, one.group, topic)
        const ns = monotonicNs()
        for (const { partition, offset } of committed) {
          if (offset === null) continue
          const { subscription } = one
          append({ op: 'commit', run, actor: 'sampler', ns, subscription, topic, partition, offset, isLast })
        }
      }
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
    async stop() {
      ending.abort()
      await looping
      await untilCommitted(admin, all)
      await sample(true)
      await admin.close()
    },
  }
}

/** Nothing while the coordinator moves, and of a topic that does not exist. */
const askFor = (admin: KafkaAdmin, group: string, topic: string): Promise<CommittedOffset[]> =>
  admin.committed(group, topic).catch(() => [])

async function untilCommitted(admin: KafkaAdmin, all: readonly Sampled[]): Promise<void> {
  const deadline = performance.now() + settleMs
  while (performance.now() < deadline) {
    const done = await Promise.all(all.map((one) => isCommitted(admin, one)))
    if (done.every((one) => one)) return
    await pause(lookAgainMs)
  }
}

async function isCommitted(admin: KafkaAdmin, { group, topic }: Sampled): Promise<boolean> {
  const ends = await admin.offsets(topic).catch(() => [])
  const committed = await askFor(admin, group, topic)
  return ends.every(
    ({ partition, high }) => high === 0 || committed.some((one) => one.partition === partition && one.offset === high),
  )
}
