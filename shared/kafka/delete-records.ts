import type { Admin } from 'kafkajs'

export type Deletion = { topic: string; partition: number; beforeOffset: number }

/** Removes the records of a partition below an offset. Below the log start there is nothing to do. */
export async function deleteRecords(admin: Admin, { topic, partition, beforeOffset }: Deletion): Promise<void> {
  // kafkajs looks the leader up in metadata it has, and it has none of a topic that it was never asked about.
  const bounds = await admin.fetchTopicOffsets(topic)
  const low = Number(bounds.find((entry) => entry.partition === partition)?.low ?? 0)
  if (beforeOffset <= low) return
  await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(beforeOffset) }] })
}
