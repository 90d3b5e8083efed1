/*
 * What a schema costs an event inside the producer: from the request to the lane, without HTTP and Kafka, with and without
 * a schema in turns. Prints a table, asserts nothing; `node test/bench/schema.ts [seconds]`.
 */
import type { Stream } from '#shared/catalog/model.ts'
import { compileSchema } from '#shared/event/schema/compile.ts'
import { defaultLimits } from '#shared/limits.ts'
import { createPublish } from '../../services/producer/publish.ts'
import { keepSchemas } from '../../services/producer/schemas.ts'
import { streamNamed } from '../unit/producer/door.ts'

const roundMs = (Number(process.argv[2] ?? 10) * 1_000) / 16
const line = { type: 'object', required: ['sku', 'n'], properties: { sku: { type: 'string' }, n: { type: 'integer' } } }
const schema = {
  type: 'object',
  required: ['id', 'total', 'lines'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    total: { type: 'number', minimum: 0, multipleOf: 0.01 },
    currency: { enum: ['EUR', 'USD', 'GBP'] },
    email: { type: 'string', maxLength: 200 },
    lines: { type: 'array', minItems: 1, maxItems: 100, items: { $ref: '#/$defs/line' } },
  },
  $defs: { line },
}
const withPattern = { ...schema, properties: { ...schema.properties, email: { pattern: '^[^@ ]+@[^@ ]+$' } } }
const lines = Array.from({ length: 12 }, (_, n) => ({ sku: `part-${n}`, n, note: 'x'.repeat(36) }))
const order = { id: '0198f0c2-7d1a-7b64-9f3e-5b1f0c9d2e77', total: 19.99, currency: 'EUR', email: 'a@b.example', lines }
const body = Buffer.from(JSON.stringify(order))

const nothing = () => {}
const telemetry = {
  stored: nothing,
  storedMany: nothing,
  refused: nothing,
  idempotency: nothing,
  unsafeTopic: nothing,
  unsafetyUnknown: nothing,
}
const silent = { ...telemetry, schemaUnusable: nothing, close: nothing }
const streams: Stream[] = [
  streamNamed('without'),
  { ...streamNamed('schema'), schema },
  { ...streamNamed('pattern'), schema: withPattern },
]
const publish = createPublish({
  streams: {
    find: (name) => streams.find((one) => one.name === name) as Stream,
    subscriptionsOf: () => 0,
    close: nothing,
  },
  safety: { require: nothing, isKnown: () => true, refresh: async () => {} },
  schemas: keepSchemas({ catalog: { streams: () => streams, onChange: () => nothing }, telemetry: silent }),
  lanes: { append: async () => 0, appendAll: nothing, placeKeyless: () => 0, partitionForKey: () => 0 },
  ...{ telemetry: silent, instance: 'bench', deadlineMs: 10_000, limits: defaultLimits },
})

const headers = { 'content-type': 'application/json' }
const event = { headers, rawHeaders: ['content-type', 'application/json'], query: {}, body }
const costs = new Map(streams.map(({ name }) => [name, [] as number[]]))
for (let round = 0; round < 5; round += 1) {
  for (const { name } of streams) {
    const cost = await microseconds(() => publish({ stream: name, keyId: 'k', keyName: 'k', event }))
    if (round > 0) costs.get(name)?.push(cost)
  }
}
console.log(`${body.length} bytes; µs an event, best of ${[...costs.values()][0]?.length} rounds in turns`)
for (const [name, found] of costs) console.log(name.padEnd(10), Math.min(...found).toFixed(2))
console.log('compile', (await microseconds(async () => compileSchema(schema))).toFixed(0), 'µs')

async function microseconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  let count = 0
  while (performance.now() - started < roundMs) {
    await work()
    count += 1
  }
  return ((performance.now() - started) * 1_000) / count
}
