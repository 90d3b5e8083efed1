import type { Stream } from '#shared/catalog/model.ts'
import { TailraceError } from '#shared/errors.ts'
import { compileFilter, type FilterDefinition } from '#shared/event/filter/filter.ts'
import type { StoredRecord } from '#shared/event/record.ts'

/** Whether an event passes all of these filters. Throws when this version cannot use one of them. */
export function passedBy(definitions: readonly (FilterDefinition | null | undefined)[], stream: Stream | undefined) {
  const names = { name: stream?.name ?? '', defaultType: stream?.defaultType ?? null }
  const filters = definitions.flatMap((definition) => {
    const compiled = compileFilter(definition ?? { types: null, cel: null })
    if (compiled.kind === 'unusable') {
      const detail = compiled.faults.map((fault) => fault.detail).join('; ')
      throw new TailraceError('internal', `a filter cannot be used by this version: ${detail}`)
    }
    return compiled.filter ?? []
  })
  return (record: StoredRecord) => filters.every((filter) => filter.verdict(record, names).kind === 'match')
}
