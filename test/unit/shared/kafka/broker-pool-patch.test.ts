import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, test } from 'node:test'
import { type BrokerPool, patchBrokerPool } from '#shared/kafka/broker-pool-patch.ts'

type Address = { host: string; port: number; rack: string | null }
type FakeBroker = { nodeId: number | null; connectionPool: Address; metadata(): Promise<{ brokers: object[] }> }
type Pool = BrokerPool & {
  brokers: Record<string, FakeBroker>
  seedBroker: FakeBroker
  createBroker(options: { nodeId: number; connectionPool: Address }): FakeBroker
  removeBroker(address: Address): void
}

const load = createRequire(import.meta.url)
const Pool = load('kafkajs/src/cluster/brokerPool')
const logger = { namespace: () => logger, error: () => undefined }
const addressOf = (nodeId: number): Address => ({ host: `broker-${nodeId}`, port: 9092, rack: null })
const brokers = [1, 2].map((nodeId) => ({ nodeId, ...addressOf(nodeId) }))

/** A pool of two brokers: the first is its seed and has lost its connection, the second is asked for metadata. */
function openPool() {
  const answer = Promise.withResolvers<void>()
  const pool: Pool = new Pool({
    connectionPoolBuilder: { build: async (it: Address) => it },
    logger,
    retry: { retries: 0 },
  })
  const brokerOf = (nodeId: number, connectionPool: Address): FakeBroker => ({
    ...{ nodeId, connectionPool, isConnected: () => nodeId !== 1 },
    ...{ connect: async () => undefined, disconnect: async () => undefined },
    metadata: () => answer.promise.then(() => ({ brokers })),
  })
  pool.createBroker = ({ nodeId, connectionPool }) => brokerOf(nodeId, connectionPool)
  pool.brokers = { 1: brokerOf(1, addressOf(1)), 2: brokerOf(2, addressOf(2)) }
  pool.seedBroker = pool.brokers[1] as FakeBroker
  return { pool, answer: answer.resolve }
}

/** The seed leaves the table while metadata are read that still name it. */
async function loseSeed({ pool, answer }: ReturnType<typeof openPool>, refresh: BrokerPool['refreshMetadata']) {
  const refreshing = refresh.call(pool, ['orders'])
  await new Promise(setImmediate)
  pool.removeBroker(addressOf(1))
  answer()
  await refreshing
}

const hostsOf = ({ brokers }: Pool) =>
  Object.fromEntries(Object.entries(brokers).map(([place, one]) => [place, [one.nodeId, one.connectionPool.host]]))

const unpatched: BrokerPool['refreshMetadata'] = Pool.prototype.refreshMetadata

before(() => assert.equal(patchBrokerPool(), true, 'kafkajs changed its version: check the patch against it'))

test('a connection that was given the number of another broker is made anew', async () => {
  const open = openPool()
  const { pool } = open
  await loseSeed(open, pool.refreshMetadata)
  assert.equal(pool.metadataExpireAt, null, 'the next request reads metadata again')
  await pool.refreshMetadata(['orders'])
  await pool.refreshMetadata(['orders'])
  assert.deepEqual(hostsOf(pool), { 1: [1, 'broker-1'], 2: [2, 'broker-2'] })
})

test('without the patch it keeps the wrong number for good', async () => {
  const open = openPool()
  await loseSeed(open, unpatched)
  await unpatched.call(open.pool, ['orders'])
  assert.deepEqual(hostsOf(open.pool)[2], [1, 'broker-2'])
})

test('patching twice changes nothing more', () => {
  const { refreshMetadata } = Pool.prototype
  patchBrokerPool()
  assert.equal(Pool.prototype.refreshMetadata, refreshMetadata)
})
