import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { createDialer } from '#shared/delivery/dial.ts'
import { createEgressGuard } from '#shared/delivery/egress.ts'

const connectTimeoutMs = 20

test('a connection that was made while the process stood still is one', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const dial = createDialer({ egress: createEgressGuard('127.0.0.0/8'), connectTimeoutMs, onConnected: () => {} })
  const options = { protocol: 'http:', hostname: '127.0.0.1', host: `127.0.0.1:${port}`, port: String(port) }
  const made = Promise.withResolvers<Socket>()
  const overMs = performance.now() + connectTimeoutMs
  dial(options, (error, socket) => (error === null ? made.resolve(socket) : made.reject(error)))
  // The system connects by itself, once it was asked to.
  await new Promise<void>((resolve) => process.nextTick(resolve))
  while (performance.now() <= overMs);
  // Rejects with connect-timeout where the clock was believed.
  const socket = await made.promise
  socket.destroy()
})
