import type { StoredRecord } from '../record.ts'
import { compileFilter, type FilterDefinition, type StreamNames } from './filter.ts'

/** What several filters let pass together. */
export type Passage = { kind: 'usable'; passes(record: StoredRecord): boolean } | { kind: 'unusable'; detail: string }

/** Makes filters ready that an event has to pass all of; unusable when this version cannot use one of them. */
export function passedByAll(definitions: readonly FilterDefinition[], stream: StreamNames): Passage {
  const compiled = definitions.map((definition) => compileFilter(definition))
  const faults = compiled.flatMap((one) => (one.kind === 'unusable' ? one.faults : []))
  if (faults.length > 0) return { kind: 'unusable', detail: faults.map(({ detail }) => detail).join('; ') }
  const filters = compiled.flatMap((one) => (one.kind === 'usable' ? (one.filter ?? []) : []))
  const passes = (record: StoredRecord) => filters.every((filter) => filter.verdict(record, stream).kind === 'match')
  return { kind: 'usable', passes }
}
