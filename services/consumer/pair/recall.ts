import type { StoredRecord } from '#shared/event/record.ts'
import type { Half } from './effects.ts'
import { emit, type Pair } from './states.ts'

/**
 * Whether a former owner delivered it in its last moments, which it may not have come to say; said once. What its commit had
 * let go of was parked: of that the stream half says nothing.
 */
export function recall(pair: Pair, of: Half, offset: number, event: () => StoredRecord): boolean {
  const { recalled } = pair.table
  const found = recalled.get(offset)
  if (found === undefined || (of === 'stream' && found.isCommitted)) return false
  recalled.delete(offset)
  emit(pair, { kind: 'recall', record: event(), atMs: found.atMs })
  return true
}
