import { finishedRuns, isFinished } from './ack-window.ts'
import { encodeMetadata } from './commit-metadata.ts'
import type { Effect } from './effects.ts'
import { ensure } from './invariants.ts'
import type { Pair } from './states.ts'

/** The lowest unfinished offset and what is finished above it, if that changed or `forced`. */
export function commit(pair: Pair, forced: boolean): Effect[] {
  const { window, token } = pair
  if (token === null || !(pair.dirty || forced)) return []
  const { base } = window
  const isSeeded = pair.defects.finishBeforeDelivery || pair.defects.finishBeforeAppended
  ensure(!isFinished(window, base), 'the committed offset is unfinished')
  ensure(isSeeded || base === window.next || pair.deliveries.has(base), 'I-a: what is committed past is terminal')
  pair.dirty = false
  const { text, truncated } = encodeMetadata(token, base, finishedRuns(window))
  return [{ kind: 'commit', offset: base, metadata: text, truncated }]
}
