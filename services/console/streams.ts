import { isDeepStrictEqual } from 'node:util'
import { createStream, type StreamDefinition } from '#shared/catalog/create-stream.ts'
import type { Stream } from '#shared/catalog/model.ts'
import { nameFault } from '#shared/catalog/names.ts'
import { opsStream } from '#shared/catalog/ops/events.ts'
import { recordKey } from '#shared/catalog/record-keys.ts'
import { streamDefinition } from '#shared/catalog/stream-schema.ts'
import { provideConfig, retentionConfig } from '#shared/catalog/topics.ts'
import { nearest } from '#shared/config.ts'
import { TailraceError } from '#shared/errors.ts'
import { compileSchema } from '#shared/event/schema/compile.ts'
import { type BodyKind, bodyInvalid, type JsonObject, readBody, requireObject } from './body.ts'
import { type Console, change } from './context.ts'
import { mergePatch } from './merge-patch.ts'
import { type Preconditions, requirePreconditions } from './preconditions.ts'

const streamBody: BodyKind<typeof streamDefinition> = {
  schema: streamDefinition,
  readOnly: ['name', 'revision', 'createdAt', 'updatedAt', 'bound', 'status'],
  opaque: ['schema'],
}

/** What names one stream and says what its writer expects of it. */
export type StreamChange = { name: string; preconditions: Preconditions }

export type Put<T> = { created: boolean; resource: T }

/** Creates the stream or replaces its definition. */
export function putStream(console: Console, { name, preconditions }: StreamChange, body: unknown) {
  return change(console, async (): Promise<Put<Stream>> => {
    const known = console.catalog.stream(name)
    requirePreconditions(preconditions, known?.revision ?? null)
    if (known !== undefined) return { created: false, resource: await replace(console, known, requireObject(body)) }
    return { created: true, resource: await create(console, name, requireObject(body)) }
  })
}

/** Changes the members that the merge patch names. */
export function patchStream(console: Console, { name, preconditions }: StreamChange, patch: unknown): Promise<Stream> {
  return change(console, async () => {
    const known = requireStream(console, name)
    requirePreconditions(preconditions, known.revision)
    return await replace(console, known, mergePatch(known, requireObject(patch)) as JsonObject)
  })
}

/** Removes a stream that no subscription uses; its topic only when asked and only when it is our own. */
export function deleteStream(console: Console, { name, preconditions }: StreamChange, withTopic: boolean) {
  return change(console, async () => {
    const known = requireStream(console, name)
    requirePreconditions(preconditions, known.revision)
    if (name === opsStream) throw new TailraceError('stream-in-use', `${name} belongs to the installation and stays`)
    const users = console.catalog.subscriptions().filter((subscription) => subscription.stream === name)
    if (users.length > 0) throw inUse(name, users)
    await console.catalog.write(recordKey.stream(name), null)
    if (withTopic && !known.bound) await console.admin.deleteTopic(known.topic)
  })
}

/** The stream of that name, or `stream-unknown` naming the nearest one. */
export function requireStream({ catalog }: Pick<Console, 'catalog'>, name: string): Stream {
  const stream = catalog.stream(name)
  if (stream === undefined) throw new TailraceError('stream-unknown', unknownName('stream', name, catalog.streams()))
  return stream
}

export function unknownName(kind: string, name: string, known: readonly { name: string }[]): string {
  const shown = name.slice(0, 64)
  if (known.length === 0) return `there is no ${kind} ${shown}; PUT /v1/${kind}s/${shown} creates it`
  const names = known.map((one) => one.name)
  return `there is no ${kind} ${shown}; the nearest name is ${nearest(shown, names)}; PUT /v1/${kind}s/${shown} creates it`
}

export function requireName(name: string): void {
  const fault = nameFault(name)
  if (fault !== undefined) throw bodyInvalid([{ pointer: '/name', code: 'name-invalid', detail: fault }])
}

async function create(console: Console, name: string, body: JsonObject): Promise<Stream> {
  requireName(name)
  const definition = readDefinition(body, null)
  const partitions = typeof body.partitions === 'number' ? definition.partitions : null
  const stream = await createStream(console, { ...definition, name, partitions })
  console.telemetry.changed('stream', 'created', name)
  return stream
}

async function replace(console: Console, known: Stream, body: JsonObject): Promise<Stream> {
  const definition = readDefinition({ ...body, ...kept(known, body) }, known.schema)
  requireFixed(known, definition)
  const next = { ...known, ...definition, topic: known.topic }
  const changed = isDeepStrictEqual(next, known) ? known : await write(console, next)
  // Behind the record: a change that does not count must not reach the topic. What fails here is mended by the next PUT.
  if (!known.bound) await provideConfig(console.admin, known.topic, retentionConfig(changed))
  return changed
}

async function write({ catalog, telemetry }: Console, next: Stream): Promise<Stream> {
  const record = { ...next, updatedAt: new Date().toISOString() }
  const revision = await catalog.write(recordKey.stream(next.name), record)
  telemetry.changed('stream', 'changed', next.name)
  return { ...record, revision }
}

/** `stored`: the schema that the stream has, which is not judged again. */
function readDefinition(body: JsonObject, stored: Stream['schema']): StreamDefinition {
  const definition = readBody(body, streamBody)
  if (definition.schema === null || isDeepStrictEqual(definition.schema, stored)) return definition
  const compiled = compileSchema(definition.schema)
  if (compiled.kind === 'usable') return definition
  throw bodyInvalid(compiled.faults.map((fault) => ({ ...fault, pointer: `/schema${fault.pointer ?? ''}` })))
}

/** Members that cannot change keep their value when they are left out; the retention of a bound topic is its owner's. */
function kept(known: Stream, body: JsonObject): JsonObject {
  const fixed = ['partitions', 'topic'] as const
  const absent = (known.bound ? ([...fixed, 'retentionMs', 'retentionBytes'] as const) : fixed).filter(
    (name) => body[name] === undefined || body[name] === null,
  )
  return Object.fromEntries(absent.map((name) => [name, known[name]]))
}

function requireFixed(known: Stream, { partitions, topic, retentionMs, retentionBytes }: StreamDefinition): void {
  if (partitions !== known.partitions) {
    throw new TailraceError('partitions-fixed', `${known.name} has ${known.partitions} partitions for good`)
  }
  if (topic !== known.topic) throw immutable('topic', known.topic)
  if (!known.bound) return
  if (retentionMs !== known.retentionMs) throw immutable('retentionMs', `${known.retentionMs}, as the owner says`)
  if (retentionBytes === known.retentionBytes) return
  throw immutable('retentionBytes', `${known.retentionBytes}, as the owner says`)
}

/** A member that only creation can set has another value now. */
export function immutable(member: string, value: string): TailraceError {
  const fault = { pointer: `/${member}`, code: 'immutable', detail: `${member} stays ${value}`, fix: 'leave it out' }
  return new TailraceError('immutable-field', fault.detail, { errors: [fault] })
}

function inUse(name: string, users: readonly { name: string }[]): TailraceError {
  const names = users.map((user) => user.name).join(', ')
  return new TailraceError('stream-in-use', `${name} has ${users.length} subscriptions: ${names}`)
}
