import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { freePortOffset, portsAt, refuseOccupied } from '../../../../services/cli/up/ports.ts'
import { Refusal } from '../../../../services/cli/up/refusal.ts'

const host = '127.0.0.1'

const listenOn = async (t: TestContext, port: number) => {
  const server = createServer().listen({ port, host })
  await once(server, 'listening')
  t.after(() => server.close())
}

const neverWait = () => assert.fail('there is nothing to wait for')

describe('the ports of a run', () => {
  it('are those of the settings, all moved by the offset', () => {
    const ports = portsAt(100)
    assert.deepEqual([ports.producer, ports.console, ports.demoReceiver], [8180, 8190, 8170])
    assert.deepEqual(ports.brokers, [19192, 29192, 39192])
    assert.equal(new Set(Object.values(portsAt(0)).flat()).size, 10)
  })

  it('are accepted while nobody uses them', async () => {
    await refuseOccupied(portsAt(await freePortOffset()), neverWait)
  })

  it('are refused with the name of the program that listens on one', async (t) => {
    const ports = portsAt(await freePortOffset())
    await listenOn(t, ports.console)
    const complaint = new RegExp(
      `^Port ${ports.console}, needed for the console, is taken by node.* \\(pid ${process.pid}\\)`,
    )
    await assert.rejects(
      refuseOccupied(ports, neverWait),
      (error) => error instanceof Refusal && complaint.test(error.message),
    )
  })

  it('are waited for when one is only lent to a connection', async (t) => {
    const other = createServer().listen({ port: 0, host })
    await once(other, 'listening')
    t.after(() => other.close())
    const connection = connect({ host, port: (other.address() as AddressInfo).port })
    t.after(() => connection.destroy())
    await once(connection, 'connect')
    const lent = connection.localPort ?? 0
    const ports = { ...portsAt(await freePortOffset()), redis: lent }
    const waitedFor: number[] = []
    await assert.rejects(
      refuseOccupied(ports, async (port) => void waitedFor.push(port)),
      /needed for Redis/,
    )
    assert.deepEqual(waitedFor, [lent])
  })
})
