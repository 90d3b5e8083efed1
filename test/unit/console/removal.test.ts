import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '#shared/observability/log.ts'
import { createRemoval } from '../../../services/console/removal.ts'

const log = createLogger('test', { level: 'silent', instance: 'test' })
const remains = { group: 'tailrace.billing.k3v9q2', retryTopic: 'tailrace.retry.billing.k3v9q2' }
const settled = () => new Promise((resolve) => setImmediate(resolve))

/** What a removal asked of Kafka; the group has members until it was asked `busy` times. */
function recorder(busy: number) {
  const asked: string[] = []
  const deleteGroup = async (group: string) => {
    asked.push(group)
    if (asked.length <= busy) throw new Error('it has members')
  }
  return { asked, admin: { deleteGroup, deleteTopic: async (topic: string) => void asked.push(topic) } }
}

test('the group goes as soon as its members have left, and only then the retry topic', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { asked, admin } = recorder(2)
  createRemoval(admin, log).removeLater(remains)
  for (let round = 0; round < 10; round += 1) {
    t.mock.timers.tick(4_000)
    await settled()
  }
  assert.deepEqual(asked, [remains.group, remains.group, remains.group, remains.retryTopic])
})

test('what is being removed is not removed twice at a time, but again when all tries were in vain', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { asked, admin } = recorder(Number.POSITIVE_INFINITY)
  const removal = createRemoval(admin, log)
  removal.removeLater(remains)
  for (let round = 0; round < 12; round += 1) {
    if (round < 9) removal.removeLater(remains)
    t.mock.timers.tick(60_000)
    await settled()
  }
  assert.equal(asked.length, 9)
  removal.removeLater(remains)
  t.mock.timers.tick(250)
  assert.equal(asked.length, 10)
})

test('nothing is tried after close', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { asked, admin } = recorder(Number.POSITIVE_INFINITY)
  const removal = createRemoval(admin, log)
  removal.removeLater(remains)
  t.mock.timers.tick(250)
  removal.close()
  await settled()
  t.mock.timers.tick(60_000)
  assert.deepEqual(asked, [remains.group])
})
