import { becauseOf, compileFilter } from '#shared/event/filter/filter.ts'
import { bareDelivery } from './answer.ts'
import { cursorOf } from './cursor.ts'
import { type StreamQuestion, walkStream } from './stream-walk.ts'

/**
 * What a subscription passed over because of its filter, newest first. Nothing is written about that, so its stream is
 * judged again by the filter of now; what the attempts log tells about, from the time of another filter or of a seek, is
 * left out. Of events that are older than the filter nothing is said where that log could not be read so far.
 */
export async function listFiltered(question: StreamQuestion) {
  const { subscription, stream, filter: asked } = question
  const compiled = compileFilter(subscription.filter)
  const filter = compiled.kind === 'usable' ? compiled.filter : null
  if (filter === null || asked.target !== undefined) return { items: [], next: null }
  const changedMs = Date.parse(subscription.updatedAt)
  const { name, uid } = subscription
  const { items, next } = await walkStream(question, {
    ...{ isFinished: true, heedsRanges: true },
    itemOf(record) {
      const { partition, offset, value } = record
      // What is no event is a dead letter, whatever the filter.
      const because = value === null ? null : becauseOf(filter.definition, filter.verdict(record, stream))
      if (because === null) return null
      const names = { subscription: name, uid, stream: subscription.stream, partition }
      return bareDelivery(names, offset, { state: 'filtered', because })
    },
    isCertain: ({ timestampMs }) => timestampMs >= changedMs,
  })
  return { items, next: next === null ? null : cursorOf(next, 'stream') }
}
