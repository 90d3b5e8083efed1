import type { HeldMark, Seen } from '#shared/redis/idempotency-marks.ts'
import type { DedupRequest } from '../deduplication.ts'
import type { LookBack } from './look-back.ts'
import { encodeAnswer } from './stored-answer.ts'
import { begunBy } from './token.ts'

type Asked = { index: number; mark: HeldMark; impliedId: string | null }
/** An event that its dead producer did store, and the answer to it. */
export type FoundEvent = { index: number; mark: HeldMark; answer: string }

/** Looks into the log for the events whose marks were taken over from a producer that died, once for each partition. */
export async function findTakenOver(
  { topic, keyId, events }: DedupRequest,
  { asked, seen }: { asked: readonly Asked[]; seen: ReadonlyMap<number, Seen | undefined> },
  lookBack: LookBack,
): Promise<readonly FoundEvent[]> {
  const left = asked.flatMap((one) => {
    const [was, event] = [seen.get(one.index), events[one.index]]
    const begun = was?.kind === 'taken-over' ? begunBy(was.token) : undefined
    return begun === undefined || event === undefined ? [] : [{ ...one, event, ...begun }]
  })
  const searches = [...Map.groupBy(left, ({ partition }) => partition)].map(async ([partition, here]) => {
    const sinceMs = Math.min(...here.map((one) => one.sinceMs))
    const offsets = await lookBack.find({ topic, partition, sinceMs, keyId, events: here.map(({ event }) => event) })
    return here.flatMap(({ index, mark, impliedId, event: { id, source }, event }) => {
      const offset = offsets.get(event)
      if (offset === undefined) return []
      return [{ index, mark, answer: encodeAnswer({ id, source, partition, offset }, impliedId) }]
    })
  })
  return (await Promise.all(searches)).flat()
}
