import { openAdmin } from '#shared/kafka/admin.ts'
import { createLogger } from '#shared/observability/log.ts'
import type { System } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import type { Experiment } from '../experiment.ts'
import { monotonicNs } from '../history.ts'

const unsafe = 'min.insync.replicas 1'
/** The console looks at the topics at least every 5 s. */
const looksWithinMs = 15_000

/** Binds a stream to a topic on which acknowledged events could be lost, and writes down what becomes of it. */
export async function tryUnsafeWiring(system: System, { run, note }: Experiment): Promise<void> {
  const { api, brokers } = system
  const topic = `${run}-unsafe`
  const log = createLogger('chaos', { level: 'silent', instance: run })
  const admin = await openAdmin({ brokers, clientId: `chaos-wiring-${run}`, log })
  try {
    await admin.createTopic({ name: topic, partitions: 1, config: { 'min.insync.replicas': '1' } })
    await api.putStream(topic, { topic })
    // A stream that never says so is judged by what it says then.
    await until('it has failed', async () => (await phaseOf(system, topic)) === 'failed', looksWithinMs).catch(() => {})
    const status = await publishTo(system, topic)
    const phase = await phaseOf(system, topic)
    note({ op: 'wiring', run, actor: 'wiring', ns: monotonicNs(), stream: topic, unsafe, phase, status })
    await api.call({ method: 'DELETE', path: `/v1/streams/${topic}` })
    await admin.deleteTopic(topic)
  } finally {
    await admin.close()
  }
}

async function phaseOf({ api }: System, stream: string): Promise<string> {
  const { text } = await api.call({ method: 'GET', path: `/v1/streams/${stream}` })
  return (JSON.parse(text) as { status: { phase: string } }).status.phase
}

async function publishTo({ api }: System, stream: string): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  return (await api.publish(stream, { body: '{"order":1}', headers })).status
}
