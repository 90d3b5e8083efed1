import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { createSenders } from '../../chaos/load/senders.ts'

/** A server that writes down who made each request. */
async function startNoting(t: TestContext) {
  const senders = createSenders()
  const seen: (number | null)[] = []
  const server = createServer((request, response) => {
    senders.tell(request.socket, (sender) => {
      seen.push(sender)
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const skip = process.platform !== 'linux' && 'only Linux says who has a socket'

describe('the sender of a request', { skip }, () => {
  it('is the process that has the other end of its connection', async (t) => {
    const { url, seen } = await startNoting(t)
    const code = `Promise.all([1, 2, 3].map(() => fetch('${url}')))`
    const children = [1, 2].map(() => spawn(process.execPath, ['-e', code], { stdio: 'inherit' }))
    await Promise.all(children.map((child) => once(child, 'exit')))
    await fetch(url)
    const counts = Map.groupBy(seen, (pid) => pid)
    assert.deepEqual(
      new Map([...counts].map(([pid, some]) => [pid, some.length])),
      new Map([...children.map((child) => [child.pid, 3] as const), [process.pid, 1]]),
    )
  })
})
