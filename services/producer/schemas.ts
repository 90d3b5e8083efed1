import type { Catalog } from '#shared/catalog/catalog.ts'
import type { Stream } from '#shared/catalog/model.ts'
import { type FieldFault, TailraceError } from '#shared/errors.ts'
import { collectFaults } from '#shared/event/event-faults.ts'
import type { MappedEvent } from '#shared/event/event-request.ts'
import type { EventRecord } from '#shared/event/record.ts'
import { type CompiledSchema, compileSchema, type EventCheck } from '#shared/event/schema/compile.ts'
import type { Slices } from '#shared/resilience/slices.ts'
import type { ProducerTelemetry } from './telemetry.ts'

/** The schemas of the streams, each compiled once per revision of its stream. Ask only for a stream that has one. */
export type Schemas = {
  /**
   * The check of a stream's events. Throws `catalog-stale` when this version cannot use the schema: a newer version wrote
   * it, whose producers can, and without a check nothing may be stored.
   */
  checkOf(stream: Stream): EventCheck
  close(): void
}

type Options = {
  catalog: Pick<Catalog, 'streams' | 'onChange'>
  telemetry: Pick<ProducerTelemetry, 'schemaUnusable'>
}

/** Compiles new schemas ahead of their first event: one in each turn of the event loop, because each takes milliseconds. */
export function keepSchemas({ catalog, telemetry }: Options): Schemas {
  // A changed stream is another object, so nothing here can be out of date.
  const known = new WeakMap<Stream, CompiledSchema>()
  const compiled = (stream: Stream) => {
    const schema = known.get(stream) ?? compileSchema(stream.schema)
    if (!known.has(stream) && schema.kind === 'unusable') telemetry.schemaUnusable(stream.name, reasonOf(schema.faults))
    known.set(stream, schema)
    return schema
  }
  let turn: NodeJS.Immediate | undefined
  const compileNext = () => {
    const next = catalog.streams().find((stream) => stream.schema !== null && !known.has(stream))
    turn = next === undefined ? undefined : setImmediate(compileNext)
    if (next !== undefined) compiled(next)
  }
  const ahead = () => {
    turn ??= setImmediate(compileNext)
  }
  const stopListening = catalog.onChange(ahead)
  ahead()
  return {
    checkOf(stream) {
      const schema = compiled(stream)
      if (schema.kind === 'usable') return schema.check
      throw unusable(stream, schema.faults)
    },
    close() {
      stopListening()
      clearImmediate(turn)
    },
  }
}

/** Refuses an event that violates the schema of its stream: `schema-violation` with the places in its data. */
export function requireValid(record: EventRecord, check: EventCheck): void {
  const errors = check(record)
  const [first, ...more] = errors
  if (first === undefined) return
  const place = first.pointer === '' ? '' : `${first.pointer}: `
  const detail =
    more.length === 0 ? `One thing is wrong: ${place}${first.detail}.` : `${errors.length} things are wrong.`
  throw new TailraceError('schema-violation', `${detail} Nothing was stored.`, { errors })
}

/** The same for all events of a request: each bad one is named by its number, in slices of time. */
export async function requireAllValid(
  events: readonly MappedEvent[],
  check: EventCheck,
  slices: Slices,
): Promise<void> {
  const faults = collectFaults('schema-violation')
  for (const [index, { record }] of events.entries()) {
    faults.add(index, check(record))
    const pause = slices.pause()
    if (pause !== undefined) await pause
  }
  const refusal = faults.refusal(events.length)
  if (refusal !== undefined) throw refusal
}

function unusable({ name }: Stream, faults: readonly FieldFault[]): TailraceError {
  const detail = `This version cannot use the schema of ${name} (${reasonOf(faults)}). Nothing was stored.`
  return new TailraceError('catalog-stale', detail, { retryAfterMs: 1_000 })
}

const reasonOf = ([first]: readonly FieldFault[]) => `${first?.pointer ?? ''} ${first?.detail ?? ''}`.trim()
