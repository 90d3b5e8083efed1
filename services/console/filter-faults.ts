import type { FieldFault } from '#shared/errors.ts'
import { compileFilter, type FilterDefinition, sizeOfFilter } from '#shared/event/filter/filter.ts'
import type { Limits } from '#shared/limits.ts'

/** What is wrong with the member `filter` of a body. */
export function filterFaults(
  filter: FilterDefinition,
  limits: Pick<Limits, 'TAILRACE_LIMIT_FILTER_BYTES'>,
): FieldFault[] {
  const [size, limit] = [sizeOfFilter(filter), limits.TAILRACE_LIMIT_FILTER_BYTES]
  if (size > limit) {
    const detail = `the filter has ${size} bytes, at most ${limit} are allowed (TAILRACE_LIMIT_FILTER_BYTES)`
    return [{ pointer: '/filter', code: 'too-large', detail, fix: 'shorten its texts' }]
  }
  const compiled = compileFilter(filter)
  if (compiled.kind === 'usable') return []
  return compiled.faults.map((fault) => ({ ...fault, pointer: `/filter${fault.pointer ?? ''}` }))
}
