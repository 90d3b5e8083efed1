import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { createDialer } from '#shared/delivery/dial.ts'
import { createEgressGuard } from '#shared/delivery/egress.ts'
import { createReceiver } from '../../../support/receiver.ts'

test('a process that stood still looks whether the connection is there before it looks at its watch', async (t) => {
  const { port } = await createReceiver(t)
  const dial = createDialer({ egress: createEgressGuard('127.0.0.0/8'), connectTimeoutMs: 20, onConnected: () => {} })
  const dialled = new Promise<Socket>((resolve, reject) =>
    dial({ hostname: '127.0.0.1', protocol: 'http:', port: String(port) }, (error, socket) =>
      socket === null ? reject(error) : resolve(socket),
    ),
  )
  // Behind the turn in which Node begins to connect.
  process.nextTick(() => {
    const startedMs = performance.now()
    while (performance.now() - startedMs < 40); // the timer is due before the loop turns again
  })
  const socket = await dialled
  assert.equal(socket.connecting, false)
})
