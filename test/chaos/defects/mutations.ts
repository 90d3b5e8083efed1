/*
 * The product with one line changed at a time. Nothing of this is in the product: mutate.ts puts it into the modules of a test
 * stack while they are loaded, and every change stays without effect until the switch names it.
 */

/** In the module whose path ends with `file` the text `find`, which stands there once, becomes `put`; it begins with `needs`. */
export type Change = { file: string; find: string; put: string; needs?: readonly string[] }

const isOn = (name: MutationName): string => `(globalThis.chaosDefect === '${name}')`

const refusal = "import { TailraceError as ChaosRefusal } from '#shared/errors.ts'\n"

export type MutationName =
  | 'acknowledges-what-it-drops'
  | 'takes-failures-for-successes'
  | 'refuses-what-it-stores'
  | 'prints-bodies-again'
  | 'forgets-keys'
  | 'delivers-some-twice'
  | 'calls-the-stored-lost'
  | 'gives-up-at-once'
  | 'dies-of-bad-input'
  | 'commits-what-it-reads'
  | 'leaves-a-partition'
  | 'stops-for-others'
  | 'acknowledges-at-once'
  | 'retries-at-once'
  | 'never-holds'
  | 'exits-when-asked'
  | 'trusts-any-topic'
  | 'counts-by-the-wall-clock'
  | 'loses-count'
  | 'mixes-up-publishers'

const publish = 'services/producer/publish.ts'
const appending = '  const appended = lanes.append(topic, partition, record)\n'
const awaiting = '  const offset = await withDeadline(appended, deadlineMs)\n'

export const mutations: Readonly<Record<MutationName, readonly Change[]>> = {
  'acknowledges-what-it-drops': [
    {
      file: publish,
      find: '  const { record } = event\n  const startedMs = performance.now()\n',
      put: `  const { record } = event
  const startedMs = performance.now()
  if (${isOn('acknowledges-what-it-drops')} && (globalThis.chaosCount = (globalThis.chaosCount ?? 0) + 1) % 100 === 0) {
    const unstored = storedAt(event, stream, { partition, offset: 0 })
    dedup?.ended(0, unstored)
    return unstored
  }
`,
    },
  ],
  'takes-failures-for-successes': [
    {
      file: 'services/consumer/pair/answers.ts',
      find: '  const clockMs = startClock(delivery, nowMs)\n',
      put: `  if (${isOn('takes-failures-for-successes')}) return end(pair, delivery, 'delivered')
  const clockMs = startClock(delivery, nowMs)
`,
    },
  ],
  'refuses-what-it-stores': [
    {
      file: publish,
      needs: [refusal],
      find: '  return storedAt(event, stream, { partition, offset })\n}',
      put: `  if (${isOn('refuses-what-it-stores')} && offset % 50 === 7) throw new ChaosRefusal('schema-violation', 'No.')
  return storedAt(event, stream, { partition, offset })
}`,
    },
  ],
  'prints-bodies-again': [
    {
      file: 'services/consumer/pipeline.ts',
      find: '    record: delivery.record,\n    stream: context.stream(),',
      put: `    record: ${isOn('prints-bodies-again')} && delivery.record.value !== null
      ? { ...delivery.record, value: Buffer.from(JSON.stringify(JSON.parse(delivery.record.value.toString()))) }
      : delivery.record,
    stream: context.stream(),`,
    },
  ],
  'forgets-keys': [
    {
      file: 'services/consumer/pair/key-queues.ts',
      find: "return key === null ? null : key.toString('latin1')",
      put: `return key === null || ${isOn('forgets-keys')} ? null : key.toString('latin1')`,
    },
  ],
  'delivers-some-twice': [
    {
      file: 'services/consumer/pipeline.ts',
      find: '  if (attempted === null) return null\n  const { decision, result } = attempted\n',
      put: `  if (attempted === null) return null
  const isTwice = ${isOn('delivers-some-twice')} && delivery.offset % 50 === 7
  if (isTwice && attempted.decision.kind === 'delivered') await target.attempt(request)
  const { decision, result } = attempted
`,
    },
  ],
  'calls-the-stored-lost': [
    {
      file: publish,
      needs: [refusal, 'const chaosLost = new Set<string>()\n'],
      find: appending,
      put: `  const appended = lanes.append(topic, partition, record).then((offset) => {
    if (!${isOn('calls-the-stored-lost')} || offset % 50 !== 7 || chaosLost.has(event.id)) return offset
    chaosLost.add(event.id)
    throw new ChaosRefusal('kafka-unavailable', 'Nothing was stored.', { retryAfterMs: 1_000 })
  })
`,
    },
  ],
  'gives-up-at-once': [
    {
      file: 'services/consumer/pair/give-up.ts',
      find: '  const { clockMs, workingSinceMs, nowMs } = times\n',
      put: `  const { clockMs, workingSinceMs, nowMs } = times
  if (${isOn('gives-up-at-once')}) return true
`,
    },
  ],
  'dies-of-bad-input': [
    {
      file: 'shared/event/from-http.ts',
      find: '  if (all.length > 0) throw invalid(all)\n  const parts',
      put: `  if (${isOn('dies-of-bad-input')} && all.some(({ header }) => header === 'ce-time')) {
    setImmediate(() => {
      throw new Error('a parser that throws')
    })
  }
  if (all.length > 0) throw invalid(all)
  const parts`,
    },
  ],
  'commits-what-it-reads': [
    {
      file: 'services/consumer/pair/ack-window.ts',
      find: 'export function baseOf(window: AckWindow): number {\n',
      put: `export function baseOf(window: AckWindow): number {
  if (${isOn('commits-what-it-reads')}) return window.next
`,
    },
  ],
  'leaves-a-partition': [
    {
      file: 'services/consumer/pair/offers.ts',
      find: '  const { stream, retry } = pair.table.ready\n  let free = slots\n',
      put: `  if (${isOn('leaves-a-partition')} && pair.partition === 0) return
  const { stream, retry } = pair.table.ready
  let free = slots
`,
    },
  ],
  'stops-for-others': [
    {
      file: 'services/consumer/pair/offers.ts',
      find: 'export function offer(pair: Pair, slots: number, ofRetry: number): void {\n',
      put: `export function offer(pair: Pair, slots: number, ofRetry: number): void {
  if (pair.phase === 'holding') globalThis.chaosHeldAtMs = pair.nowMs
  if (${isOn('stops-for-others')} && pair.phase === 'running' && pair.nowMs - globalThis.chaosHeldAtMs < 6_000) return
`,
    },
  ],
  'acknowledges-at-once': [
    {
      file: publish,
      needs: [
        `async function chaosStore<T>(store: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await store()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}
`,
      ],
      find: awaiting,
      put: `  if (${isOn('acknowledges-at-once')}) {
    appended.catch(() => chaosStore(() => lanes.append(topic, partition, record)))
    return storedAt(event, stream, { partition, offset: 0 })
  }
  const offset = await withDeadline(appended, deadlineMs)
`,
    },
  ],
  'retries-at-once': [
    {
      file: 'services/consumer/pair/schedule.ts',
      find: '  for (let index = firstIndex(policy, ageMs); ; index += 1) {\n',
      put: `  if (${isOn('retries-at-once')}) return ageMs + 200
  for (let index = firstIndex(policy, ageMs); ; index += 1) {
`,
    },
  ],
  'never-holds': [
    {
      file: 'services/consumer/target.ts',
      find: "if (saysDown(known) && breaker.state() === 'closed') breaker.open()",
      put: `if (saysDown(known) && breaker.state() === 'closed' && !${isOn('never-holds')}) breaker.open()`,
    },
  ],
  'exits-when-asked': [
    {
      file: 'shared/lifecycle.ts',
      find: '  await service.stop()\n  clearTimeout(deadline)\n',
      put: `  if (${isOn('exits-when-asked')}) return exit(0)
  await service.stop()
  clearTimeout(deadline)
`,
    },
  ],
  'trusts-any-topic': [
    {
      file: 'services/producer/topic-safety.ts',
      find: 'if (reasons.length > 0) throw unsafe(topic, reasons)',
      put: `if (reasons.length > 0 && !${isOn('trusts-any-topic')}) throw unsafe(topic, reasons)`,
    },
  ],
  'counts-by-the-wall-clock': [
    {
      file: 'services/consumer/pair/step.ts',
      find: 'pair.nowMs = Math.max(pair.nowMs, nowMs)',
      put: `pair.nowMs = Math.max(pair.nowMs, nowMs + (${isOn('counts-by-the-wall-clock')} ? globalThis.chaosJumpMs : 0))`,
    },
  ],
  'loses-count': [
    {
      file: 'services/consumer/telemetry.ts',
      find: '      counted.deliveries.inc(deliveredLabel)\n',
      put: `      if (!${isOn('loses-count')} || ref.offset % 50 !== 7) counted.deliveries.inc(deliveredLabel)
`,
    },
  ],
  'mixes-up-publishers': [
    {
      file: 'services/producer/idempotency/identity.ts',
      find: '    tag: scope.keyId,\n',
      put: `    tag: ${isOn('mixes-up-publishers')} ? 'all' : scope.keyId,\n`,
    },
    {
      file: 'services/producer/idempotency/identity.ts',
      find: `  const start = \`\${keyId}\\n\${stream}\\n\`\n`,
      put: `  const start = \`\${${isOn('mixes-up-publishers')} ? 'all' : keyId}\\n\${stream}\\n\`\n`,
    },
  ],
}

const all = Object.values(mutations).flat()

/** The text of a module with every change in it that is meant for it. Throws when a place is not there exactly once. */
export function mutated(path: string, source: string): string {
  return all
    .filter(({ file }) => path.endsWith(`/${file}`))
    .reduce((text, { file, find, put, needs = [] }) => {
      if (text.split(find).length !== 2) throw new Error(`${file} does not have this once: ${find}`)
      const missing = needs.filter((one) => !text.includes(one))
      return missing.join('') + text.replace(find, () => put)
    }, source)
}

/** The modules that are changed. */
export const mutatedFiles: readonly string[] = [...new Set(all.map(({ file }) => file))]
