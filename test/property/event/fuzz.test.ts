import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TailraceError } from '#shared/errors.ts'
import { describeEvent } from '#shared/event/describe.ts'
import type { MappedEvent } from '#shared/event/event-request.ts'
import { requestForm } from '#shared/event/form.ts'
import { recordFromRequest } from '#shared/event/from-http.ts'
import { recordsFromMany } from '#shared/event/from-many.ts'
import { defaultLimits } from '#shared/limits.ts'
import { inSlices } from '#shared/resilience/slices.ts'
import { type AnyRequest, anyRequest } from './mutations.ts'

/** `EVENT_RUNS=200000 EVENT_SEED=2` makes more requests, and others. */
const { EVENT_RUNS = '5000', EVENT_SEED = '1' } = process.env
const runs = Number(EVENT_RUNS)

// Small limits, so that the edges are met.
const limits = {
  ...defaultLimits,
  TAILRACE_LIMIT_EVENT_BYTES: 300,
  TAILRACE_LIMIT_BATCH_EVENTS: 4,
  TAILRACE_LIMIT_NDJSON_LINES: 8,
}
const context = {
  keyId: 'k',
  keyName: 'shop',
  instance: 'p',
  defaultType: null,
  receivedAtMs: Date.UTC(2026, 10, 21),
  limits,
}

type Form = ReturnType<typeof requestForm>

/** The events of a request, or undefined when it was refused; anything else that is thrown is a defect. */
async function accepted({ headers, body }: AnyRequest, form: Form): Promise<MappedEvent[] | undefined> {
  const request = { headers, rawHeaders: Object.entries(headers).flat(), query: {}, body }
  try {
    if (form === 'single') return [recordFromRequest(request, context)]
    return await recordsFromMany({ ...request, form }, context, inSlices())
  } catch (error) {
    assert.ok(error instanceof TailraceError, String(error))
    assert.ok(['event-invalid', 'event-too-large', 'too-many-events'].includes(error.code), error.code)
    return undefined
  }
}

/** What an accepted body holds by `JSON.parse` and by splitting at line ends: the bytes must say the same. */
function expectedValues(body: Buffer, form: Form): string[] {
  if (form === 'single') return [body.toString('latin1')]
  const text = body.toString('utf8')
  if (form === 'batch') return (JSON.parse(text) as unknown[]).map((element) => JSON.stringify(element))
  return text
    .split('\n')
    .map((line) => line.replace(/^[ \t\r]+|[ \t\r]+$/g, ''))
    .filter((line) => line !== '')
}

function checkRoundTrip(events: readonly MappedEvent[], { body }: AnyRequest, form: Form): void {
  const values = events.map(({ record }) => record.value ?? Buffer.alloc(0))
  let from = 0
  for (const value of values) {
    const at = body.indexOf(value, from)
    assert.ok(at >= from, 'a value is not a part of the body')
    from = at + value.length
  }
  const shown = values.map((value) => {
    if (form === 'single') return value.toString('latin1')
    return form === 'batch' ? JSON.stringify(JSON.parse(value.toString())) : value.toString()
  })
  assert.deepEqual(shown, expectedValues(body, form))
}

/** A reader of the log finds the event that its publisher was told about, whole. */
function checkReadable({ id, source, webhookId, record }: MappedEvent): void {
  const stored = { topic: 't', partition: 0, offset: 0, timestampMs: 0, ...record }
  const described = describeEvent(stored, { name: 'orders', defaultType: null })
  assert.equal(described.malformed, undefined)
  assert.deepEqual([described.id, described.source, described.webhookId], [id, source, webhookId])
}

test(`${runs} mutated events never crash, and what is accepted round-trips byte for byte`, async (t) => {
  const counts = { accepted: 0, refused: 0, events: 0 }
  const property = fc.asyncProperty(anyRequest, async (request) => {
    const form = requestForm(request.headers)
    const events = await accepted(request, form)
    counts[events === undefined ? 'refused' : 'accepted'] += 1
    counts.events += events?.length ?? 0
    if (events === undefined) return
    checkRoundTrip(events, request, form)
    for (const event of events) checkReadable(event)
  })
  await fc.assert(property, { numRuns: runs, seed: Number(EVENT_SEED) })
  assert.ok(counts.accepted > runs / 20 && counts.refused > runs / 20, JSON.stringify(counts))
  t.diagnostic(`${counts.accepted} accepted with ${counts.events} events, ${counts.refused} refused`)
})
