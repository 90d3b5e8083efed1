import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { makeCertificates } from '../../../support/certificates.ts'
import { openGate } from '../../../support/gate.ts'
import { createTlsReceiver } from '../../../support/tls-receiver.ts'
import { until } from '../../../support/until.ts'
import type { Order, Told } from './job-process.ts'

/** Beyond it a process takes itself for one that stood still. */
const stallMs = 1_000

for (const isFrozen of [false, true]) {
  const name = isFrozen
    ? 'a process that stands still while a delivery of a job waits for its connection does not send it when it wakes up'
    : 'a delivery of a job that has waited for its connection is sent'
  test(name, async (t) => {
    const certificates = makeCertificates()
    const receiver = await createTlsReceiver(t, certificates)
    const gate = await openGate(t, receiver.url)
    gate.shut()
    const child = fork(fileURLToPath(new URL('job-process.ts', import.meta.url)))
    t.after(() => child.kill('SIGKILL'))
    const [certificate, key, ca] = [String(certificates.good), String(certificates.key), String(certificates.ca)]
    const order: Order = { url: gate.url, tls: { certificate, key, ca } }
    child.send(order)
    const told = once(child, 'message')
    await until('it waits for its connection', () => gate.waiting() === 1)
    if (isFrozen) {
      child.kill('SIGSTOP')
      const stoppedAtMs = performance.now()
      await until('it stood still', () => performance.now() > stoppedAtMs + 2 * stallMs)
    }
    await gate.release()
    if (isFrozen) child.kill('SIGCONT')
    const [{ kind, attempts }] = (await told) as [Told]
    assert.deepEqual([kind, attempts], isFrozen ? ['unproven', 0] : ['delivered', 1])
    assert.equal(receiver.requests.length, isFrozen ? 0 : 1)
  })
}
