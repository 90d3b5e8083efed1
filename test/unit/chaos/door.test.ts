import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { openDoor } from '../../chaos/load/door.ts'
import { defer } from '../../support/defer.ts'
import { until } from '../../support/until.ts'

async function doorOf(t: TestContext) {
  let requests = 0
  const server = createServer((_, response) => {
    requests += 1
    response.end()
  })
  const door = await openDoor(server, '127.0.0.1')
  defer(t, () => door.set('shut'))
  const knock = async () => {
    const socket = connect({ port: door.port, host: '127.0.0.1' })
    defer(t, () => socket.destroy())
    const seen = { bytes: 0, isClosed: false }
    socket.on('data', (bytes) => {
      seen.bytes += bytes.length
    })
    socket.on('error', () => {}) // a reset, where nothing was read
    socket.on('close', () => {
      seen.isClosed = true
    })
    await once(socket, 'connect')
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    return seen
  }
  return { door, knock, requests: () => requests }
}

describe('the port of a receiver', () => {
  it('is served, and nobody listens on it while it is shut', async (t) => {
    const { door, knock } = await doorOf(t)
    const served = await knock()
    await until('it is answered', () => served.bytes > 0)
    await door.set('shut')
    await until('its connection has ended', () => served.isClosed)
    await assert.rejects(knock(), { code: 'ECONNREFUSED' })
  })

  it('takes connections and reads nothing from them while it is deaf, and lets go of them after that', async (t) => {
    const { door, knock, requests } = await doorOf(t)
    await door.set('deaf')
    const held = await knock()
    await door.set('open')
    await until('what was held is let go', () => held.isClosed)
    assert.deepEqual([held.bytes, requests()], [0, 0])
    const served = await knock()
    await until('it is answered', () => served.bytes > 0)
  })
})
