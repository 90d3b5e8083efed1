import { type Ask, onBroker } from '#shared/kafka/broker-call.ts'
import { FieldWriter } from '#shared/kafka/wire-format.ts'
import { testBrokers } from '../../support/dependencies.ts'
import { until } from '../../support/until.ts'

const listOffsets = { apiKey: 2, apiVersion: 1 }
const client = -1
const latest = -1
/** Of a broker that has not heard of the partition; one that has and does not lead it says so. */
const unknownCode = 3

/**
 * Waits until every broker knows so many partitions of a topic, and each has a leader that serves it. A cluster has made a topic
 * before that: whichever broker a client asks next may still say that there is none, or refuse what it is to lead.
 */
export async function untilServed(topic: string, partitions: number): Promise<void> {
  const numbers = Array.from({ length: partitions }, (_, partition) => partition)
  await until(`every broker serves ${topic}`, async () => {
    const asked = testBrokers().map((broker) => onBroker(broker, (ask) => codesOf(ask, topic, numbers)))
    const answers = await Promise.all(asked)
    const codesAt = (partition: number) => answers.map((codes) => codes.get(partition) ?? unknownCode)
    return numbers.every((partition) => codesAt(partition).includes(0) && !codesAt(partition).includes(unknownCode))
  })
}

/** What one broker says when it is asked for the end of each partition. ListOffsets v1. */
async function codesOf(ask: Ask, topic: string, partitions: readonly number[]): Promise<Map<number, number>> {
  const fields = new FieldWriter().int32(client)
  fields.array([topic], (name) =>
    fields.string(name).array(partitions, (partition) => fields.int32(partition).int64(latest)),
  )
  const answer = await ask({ ...listOffsets, body: fields.toBuffer() })
  const codes = answer.array(() => {
    answer.string()
    return answer.array((): [number, number] => {
      const entry: [number, number] = [answer.int32(), answer.int16()]
      for (const _ of ['time, high', 'time, low', 'offset, high', 'offset, low']) answer.int32()
      return entry
    })
  })
  return new Map(codes.flat())
}
