import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { testBrokers } from '../../support/dependencies.ts'
import { kcatMissing } from '../../support/kcat.ts'
import { createReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'
import { createInstallation, runConsumer } from './fixture.ts'

test('batches larger than one fetch come from every partition', async (t) => {
  const installation = await createInstallation(t)
  const receiver = await createReceiver(t)
  const subscription = await installation.subscribe(receiver)
  const value = Buffer.alloc(390 * 1024, 'x')
  const large = Array.from({ length: 36 }, (_, index) => ({ key: `k${index}`, id: `e${index}`, value }))
  await installation.publish(large)
  await runConsumer(installation, 'one')
  await until('all is delivered', async () => (await installation.lag(subscription)) === 0)
  assert.equal(receiver.requests.length, 36)
  assert.ok(receiver.requests.every(({ body }) => body.equals(value)))
})

for (const codec of ['zstd', 'gzip']) {
  test(`records that another client compressed with ${codec} arrive byte for byte`, {
    skip: kcatMissing,
  }, async (t) => {
    const installation = await createInstallation(t)
    const receiver = await createReceiver(t)
    await installation.subscribe(receiver)
    await runConsumer(installation, 'one')
    const lines = Array.from({ length: 20 }, (_, index) => `{"n":${index},"text":"${'again and '.repeat(200)}"}`)
    const place = ['-b', testBrokers().join(','), '-t', installation.topic, '-p', '0', '-k', 'k']
    execFileSync('kcat', ['-P', ...place, '-z', codec], { input: lines.join('\n') })
    await until('all are delivered', () => receiver.requests.length === 20)
    assert.deepEqual(
      receiver.requests.map(({ body }) => body.toString()),
      lines,
    )
  })
}
