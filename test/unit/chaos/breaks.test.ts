import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { type Break, breakOff } from '../../chaos/load/breaks.ts'
import { defer } from '../../support/defer.ts'
import { until } from '../../support/until.ts'

/** The two ends of one connection; `seen` is what the sender of a request gets. */
async function connection(t: TestContext) {
  const server = createServer().listen(0, '127.0.0.1')
  defer(t, () => server.close())
  await once(server, 'listening')
  const sender = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  defer(t, () => sender.destroy())
  const [receiver] = (await once(server, 'connection')) as [Socket]
  defer(t, () => receiver.destroy())
  receiver.resume()
  const seen = { text: '', bytes: 0, hasEnded: false, error: '' }
  sender.on('data', (bytes) => {
    seen.bytes += bytes.length
    if (seen.text.length < 1_000) seen.text += bytes.toString()
  })
  sender.on('end', () => {
    seen.hasEnded = true
  })
  sender.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
    seen.error = code
  })
  return { sender, receiver, seen }
}

describe('a receiver that breaks an answer', () => {
  it('resets the connection, and has answered nothing', async (t) => {
    const { receiver, seen } = await connection(t)
    assert.equal(await breakOff(receiver, 'reset'), 0)
    await until('the sender sees it', () => seen.error === 'ECONNRESET')
    assert.equal(seen.bytes, 0)
  })

  it('has answered nothing while it hangs, or where its head did not end, when the sender gives up', async (t) => {
    const hows: readonly Break[] = ['hang', 'drip', 'endless-head']
    for (const how of hows) {
      const { sender, receiver, seen } = await connection(t)
      const status = breakOff(receiver, how)
      if (how !== 'hang') await until(`something came of ${how}`, () => seen.bytes > 0)
      assert.ok(!seen.text.includes('\r\n\r\n'))
      sender.destroy()
      assert.equal(await status, 0, how)
    }
  })

  it('says what is no status, and ends', async (t) => {
    const { receiver, seen } = await connection(t)
    const status = breakOff(receiver, 'garbage')
    await until('it has ended', () => seen.hasEnded)
    assert.match(seen.text, /^HTTP\/1.1 abc/)
    assert.equal(await status, 0)
  })

  it('has answered where the head was whole, with less body than it promised', async (t) => {
    const { receiver, seen } = await connection(t)
    assert.equal(await breakOff(receiver, 'false-length'), 200)
    await until('it has ended', () => seen.hasEnded)
    const [head = '', body = ''] = seen.text.split('\r\n\r\n')
    assert.ok(body.length < Number(/content-length: (\d+)/.exec(head)?.[1]))
  })

  it('pours no more of a huge body than the sender reads', async (t) => {
    const { sender, receiver, seen } = await connection(t)
    assert.equal(await breakOff(receiver, 'huge-body'), 200)
    await until('more came than anybody wants', () => seen.bytes > 1 << 20)
    sender.pause()
    await until('it waits for the sender', () => receiver.writableNeedDrain)
    assert.ok(receiver.writableLength < 100_000, `${receiver.writableLength} bytes wait`)
    sender.destroy()
    await until('it has ended', () => receiver.destroyed)
  })

  it('has answered nothing to one who is gone', async (t) => {
    const { sender, receiver } = await connection(t)
    sender.destroy()
    await until('the connection has ended', () => receiver.destroyed)
    assert.equal(await breakOff(receiver, 'false-length'), 0)
  })
})
