import { openAdmin } from '#shared/kafka/admin.ts'
import { createAdminClient } from '#shared/kafka/admin-client.ts'
import { type Ask, onBroker } from '#shared/kafka/broker-call.ts'
import { FieldWriter } from '#shared/kafka/wire-format.ts'
import { until } from '../../support/until.ts'
import { connectionOf } from './fixture.ts'

const electLeaders = { apiKey: 43, apiVersion: 1 }
const preferredElection = 0
const timeoutMs = 5_000

/**
 * Gives partition p of a topic the replica number p + `shift` as leader, by a new order of preference and an election; so
 * all leaders are others with every `shift` that follows another.
 */
export async function moveLeaders(topic: string, shift: number): Promise<void> {
  const connection = connectionOf('mover')
  const client = createAdminClient(connection)
  const admin = await openAdmin(connection)
  try {
    const described = (await admin.describeTopic(topic))?.partitions ?? []
    const preferred = described.map(({ partition, replicas }) => {
      const sorted = replicas.toSorted((a, b) => a - b)
      const first = (partition + shift) % sorted.length
      return { partition, replicas: [...sorted.slice(first), ...sorted.slice(0, first)] }
    })
    const request = { topics: [{ topic, partitionAssignment: preferred }] }
    await client.call('reassign', (it) => it.alterPartitionReassignments(request))
    const wanted = preferred.map(({ replicas }) => replicas[0])
    await until('the new leaders lead', async () => {
      await onBroker(connection.brokers[0] ?? '', (ask) => elect(ask, topic, wanted.length))
      const now = (await admin.describeTopic(topic))?.partitions ?? []
      return now.length > 0 && now.every(({ leader }, partition) => leader === wanted[partition])
    })
  } finally {
    await client.close()
    await admin.close()
  }
}

/** ElectLeaders v1; whether it helped is seen in the metadata. */
async function elect(ask: Ask, topic: string, partitions: number): Promise<void> {
  const fields = new FieldWriter().int8(preferredElection)
  fields.array([topic], (name) => {
    fields.string(name).array(
      Array.from({ length: partitions }, (_, partition) => partition),
      (partition) => fields.int32(partition),
    )
  })
  await ask({ ...electLeaders, body: fields.int32(timeoutMs).toBuffer() })
}
