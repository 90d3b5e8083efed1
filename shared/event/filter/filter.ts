import type { FieldFault } from '#shared/errors.ts'
import { attributesOf } from '../describe.ts'
import type { StoredRecord } from '../record.ts'
import { type CelExpression, compileCel } from './cel.ts'
import { celEventOf } from './cel-event.ts'
import { compileTypePatterns, type TypePatterns, typePatternFault } from './type-patterns.ts'

/** What a subscription says; null: everything passes. */
export type FilterDefinition = { readonly types: readonly string[] | null; readonly cel: string | null }

/** Whether one event passes, and if not, by what; `error`: the expression could not be evaluated, which is no match. */
export type FilterVerdict =
  | { kind: 'match' }
  | { kind: 'type'; type: string }
  | { kind: 'false' }
  | { kind: 'error'; code: string; at: string }

export type EventFilter = {
  readonly definition: FilterDefinition
  /**
   * Never throws, takes less than 10 ms. An event whose attributes cannot be read passes: what is wrong with it is for
   * the delivery to find.
   */
  verdict(record: StoredRecord, stream: StreamNames): FilterVerdict
  /** The same by the type alone. */
  typeVerdict(record: StoredRecord, stream: StreamNames): FilterVerdict
}

/** What of a stream an event may take its type from. */
export type StreamNames = { name: string; defaultType: string | null }

export type CompiledFilter =
  | { kind: 'usable'; filter: EventFilter | null }
  | { kind: 'unusable'; faults: readonly FieldFault[] }

/** Checks a filter and makes it ready; null for one that everything passes. Pointers of the faults begin at the filter. */
export function compileFilter(definition: FilterDefinition): CompiledFilter {
  const { types, cel } = definition
  const expression = cel === null ? null : compileCel(cel)
  const celFaults = expression?.kind === 'unusable' ? expression.faults : []
  const faults = [...typeFaults(types ?? []), ...celFaults.map((fault) => faultInText(cel ?? '', fault))]
  if (faults.length > 0 || expression?.kind === 'unusable') return { kind: 'unusable', faults }
  if (types === null && expression === null) return { kind: 'usable', filter: null }
  const patterns = types === null ? null : compileTypePatterns(types)
  return { kind: 'usable', filter: filterOf(definition, patterns, expression?.expression ?? null) }
}

/** Bytes of the texts of a filter, for its limit. */
export function sizeOfFilter({ types, cel }: FilterDefinition): number {
  return [...(types ?? []), cel ?? ''].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}

/** Why an event is not delivered, for people; null when it is. */
export function becauseOf({ types, cel }: FilterDefinition, verdict: FilterVerdict): string | null {
  switch (verdict.kind) {
    case 'match':
      return null
    case 'type':
      return `type ${verdict.type} is not in ${shortened((types ?? []).join(', '))}`
    case 'false':
      return `${shortened(cel ?? '')} is false`
    case 'error': {
      const place = verdict.at === '' ? '' : ` at ${verdict.at}`
      return `${shortened(cel ?? '')} cannot be evaluated: ${verdict.code.replaceAll('_', ' ')}${place}`
    }
    default:
      return verdict satisfies never
  }
}

const match: FilterVerdict = { kind: 'match' }

function filterOf(definition: FilterDefinition, patterns: TypePatterns | null, cel: CelExpression | null): EventFilter {
  const typeVerdict = (type: string | null): FilterVerdict =>
    patterns === null || type === null || patterns.includes(type) ? match : { kind: 'type', type }
  return {
    definition,
    typeVerdict: (record, stream) => typeVerdict(typeOf(record, stream)),
    verdict(record, stream) {
      const byType = typeVerdict(typeOf(record, stream))
      if (byType !== match || cel === null) return byType
      const attributes = attributesOf(record, stream)
      if (attributes === null) return match
      const outcome = cel.evaluate(celEventOf(record, attributes))
      return outcome.kind === 'true' ? match : outcome
    },
  }
}

/** Nearly every record has it as a header, and then nothing else is looked at. */
function typeOf(record: StoredRecord, stream: StreamNames): string | null {
  return record.headers.ce_type ?? attributesOf(record, stream)?.get('type') ?? null
}

function typeFaults(types: readonly string[]): FieldFault[] {
  return types.flatMap((pattern, index) => {
    const fault = typePatternFault(pattern)
    return fault === undefined ? [] : [{ pointer: `/types/${index}`, code: 'pattern-invalid', ...fault }]
  })
}

function faultInText(text: string, { at, detail, fix }: { at: number; detail: string; fix: string }): FieldFault {
  const before = text.slice(0, at).split('\n')
  const place = before.length === 1 ? `character ${at + 1}` : `line ${before.length}, character ${lengthOf(before) + 1}`
  return { pointer: '/cel', code: 'cel-invalid', detail: `at ${place}: ${detail}`, fix }
}

const lengthOf = (lines: readonly string[]) => lines.at(-1)?.length ?? 0
const longestShown = 200
const shortened = (text: string) => (text.length > longestShown ? `${text.slice(0, longestShown)}…` : text)
