import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { it } from 'node:test'
import { listeners, listenersIn } from '../../compose/scan.ts'

it('names whoever listens on this machine, and nobody who does not any more', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const own = `127.0.0.1:${address.port}`
  assert.ok(listeners().has(own))
  server.close()
  await once(server, 'close')
  assert.ok(!listeners().has(own))
})

it('tells every address from loopback, and connections from listeners', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue',
    '   0: 0100007F:46A0 00000000:0000 0A 00000000:00000000',
    '   1: 00000000:1F90 00000000:0000 0A 00000000:00000000',
    '   2: 0100007F:C350 0100007F:46A0 01 00000000:00000000',
    '   3: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000',
  ].join('\n')
  assert.deepEqual(listenersIn(table), ['127.0.0.1:18080', '0.0.0.0:8080', `[${'00'.repeat(16)}]:8080`])
})
