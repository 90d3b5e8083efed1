import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { connect } from 'node:net'
import { test } from 'node:test'
import { seeded } from '../../property/pair/random.ts'
import { startProducerProcess } from '../../support/producer-process.ts'
import { until } from '../../support/until.ts'
import { createInstallation } from './fixture.ts'
import { corpusOf, hostileBytes } from './mutate.ts'

/*
 * FUZZ_REQUESTS connections with broken requests against one producer: 5,000 unless it says otherwise, 200,000 by hand.
 * FUZZ_SEED repeats a run.
 */
const connections = Number(process.env.FUZZ_REQUESTS ?? 5_000)
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31))
const atOnce = 256
/**
 * Longer than a publish may wait for Kafka (9 s), and than the rest of a request is waited for (10 s): whoever left before would
 * never hear of what was stored for it.
 */
const quietMs = 12_000
/** Longer than any time-out of the server: a connection without an answer or an end by then hangs. */
const hangsAfterMs = 30_000

/**
 * Stands behind every broken request. A server that can still read the connection answers it last and closes; leaving as
 * soon as everything was sent would count as an abort, and what was stored would never be acknowledged.
 */
const farewell = Buffer.from('GET /farewell HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')

/** Everything that came back; undefined = the connection hung. */
function exchange(port: number, bytes: Buffer): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.concat([bytes, farewell])))
    socket.setTimeout(quietMs, () => socket.end())
    const hanging = setTimeout(() => {
      resolve(undefined)
      socket.destroy()
    }, hangsAfterMs)
    socket.on('data', (chunk) => chunks.push(chunk))
    // A server that has seen enough may cut the connection; what it said before counts.
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(hanging)
      resolve(Buffer.concat(chunks).toString('latin1'))
    })
  })
}

const statusesIn = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status ?? '')
const positionsIn = (text: string) => [...text.matchAll(/"position":"orders-(\d+-\d+)"/g)].map(([, at]) => at ?? '')

test('no broken request crashes or hangs a producer, and every record belongs to a 2xx', async (t) => {
  t.diagnostic(`FUZZ_SEED=${seed} FUZZ_REQUESTS=${connections}`)
  const installation = await createInstallation(t)
  const topic = await installation.createStream('orders')
  const key = await installation.createKey(['publish:*'])
  const { child, port } = await startProducerProcess(installation)
  const corpus = corpusOf(key)
  const random = seeded(seed)
  const statuses: Record<string, number> = {}
  const positions: string[] = []
  const hung: string[] = []
  let left = connections
  const fuzz = async () => {
    while (left > 0 && child.exitCode === null) {
      left -= 1
      const bytes = hostileBytes(corpus, random)
      const text = await exchange(port, bytes)
      if (text === undefined) hung.push(bytes.toString('base64'))
      const came = statusesIn(text ?? '')
      for (const status of came.length === 0 ? ['none'] : came) statuses[status] = (statuses[status] ?? 0) + 1
      positions.push(...positionsIn(text ?? ''))
    }
  }
  const startedAtMs = performance.now()
  await Promise.all(Array.from({ length: atOnce }, fuzz))
  const perSecond = connections / ((performance.now() - startedAtMs) / 1_000)
  t.diagnostic(`${perSecond.toFixed(0)} connections/s, ${positions.length} stored, answers ${JSON.stringify(statuses)}`)
  assert.deepEqual([child.exitCode, child.signalCode, hung.slice(0, 3)], [null, null, []])
  assert.equal(statuses['500'], undefined)
  assert.ok(positions.length > 0 && (statuses['400'] ?? 0) > 0, 'good and bad requests came through')

  const records = await installation.follow(topic)
  const last = await exchange(port, corpus[2] ?? corpus[0])
  // One record may be named by two answers, when a repeat of its id is recognised.
  const answered = new Set([...positions, ...positionsIn(last ?? '')])
  const end = positionsIn(last ?? '')[0] ?? 'nothing: the last good request was not stored'
  const at = () => new Set(records.map(({ partition, offset }) => `${partition}-${offset}`))
  await until('the last record is read', () => at().size >= answered.size && at().has(end))
  assert.deepEqual(at(), answered)
})
