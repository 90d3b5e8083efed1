import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { onFrozenBroker } from '#shared/kafka/broker-guard.ts'
import { createWire } from '#shared/kafka/wire.ts'
import { until } from '../../support/until.ts'

const tickMs = 300
const silentTicksLimit = 4

/** A broker that answers every request with a few bytes, until it freezes. */
async function fakeBroker(t: TestContext) {
  let isFrozen = false
  let answered = 0
  const peers = new Set<Socket>()
  const held: (() => void)[] = []
  const server = createServer((peer) => {
    peers.add(peer)
    const answer = () => {
      answered += 1
      peer.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 7]))
    }
    peer.on('data', () => (isFrozen ? held.push(answer) : answer()))
    peer.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const peer of peers) peer.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const thaw = () => {
    isFrozen = false
    for (const answer of held.splice(0)) answer()
  }
  return { port, freeze: () => (isFrozen = true), thaw, answered: () => answered }
}

/** How often a timer like that of the guard fired, in this event loop: a busy machine delays both alike. */
function countTicks(t: TestContext): () => number {
  let count = 0
  const timer = setInterval(() => {
    count += 1
  }, tickMs)
  t.after(() => clearInterval(timer))
  return () => count
}

function open(t: TestContext, port: number) {
  const wire = createWire()
  t.after(() => wire.cut())
  let isConnected = false
  const socket = wire.socketFactory({ host: '127.0.0.1', port, ssl: {}, onConnect: () => (isConnected = true) })
  const errors: (string | undefined)[] = []
  socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code))
  return { wire, socket, errors, isConnected: () => isConnected }
}

test('a frozen broker loses its sockets, refuses new ones, and is believed again when it answers', async (t) => {
  const broker = await fakeBroker(t)
  const frozen: string[] = []
  t.after(onFrozenBroker((address) => frozen.push(address)))
  const first = open(t, broker.port)
  await until('it is connected', first.isConnected)
  broker.freeze()
  const ticks = countTicks(t)
  await until('its socket is destroyed', () => first.errors.includes('EFROZEN'))
  const silentTicks = ticks()
  assert.ok(silentTicks >= silentTicksLimit - 1 && silentTicks <= silentTicksLimit + 2, `${silentTicks} ticks`)
  assert.deepEqual(frozen, [`127.0.0.1:${broker.port}`])
  const second = open(t, broker.port)
  await until('the new one is refused', () => second.errors.includes('EFROZEN'))
  assert.equal(second.isConnected(), false)
  broker.thaw()
  await until('a socket connects again', async () => {
    const { socket, isConnected } = open(t, broker.port)
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined)
    return isConnected()
  })
})

test('a broker that answers keeps its sockets', async (t) => {
  const broker = await fakeBroker(t)
  const { socket, errors, isConnected } = open(t, broker.port)
  await until('it is connected', isConnected)
  await until('two limits went by', () => broker.answered() > 2 * silentTicksLimit)
  assert.deepEqual([errors, socket.destroyed], [[], false])
})

test('a cut wire destroys its sockets and opens none', async (t) => {
  const broker = await fakeBroker(t)
  const { wire, socket, errors, isConnected } = open(t, broker.port)
  await until('it is connected', isConnected)
  wire.cut()
  await until('the socket is gone', () => socket.destroyed)
  const late = wire.socketFactory({ host: '127.0.0.1', port: broker.port, ssl: {}, onConnect: assert.fail })
  const [error] = await once(late, 'error')
  assert.deepEqual([errors, error.code], [['ECUT'], 'ECUT'])
})
