import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { processOf } from '../../compose/container-stack.ts'
import type { Container } from '../../compose/engine.ts'

const id = '0123456789abcdef'
const containerOf = (name: string, service: string, more: Partial<Container> = {}): Container => ({
  ...{ id, name, service, startedAt: '', running: true, healthy: true, exitCode: 0, published: [] },
  ...{ addresses: { core: '172.18.0.4' }, aliases: {}, pid: 77 },
  ...more,
})

describe('a container as a process', () => {
  it('has the name that the product gives it beside its own, and an admin address where it has one', () => {
    const [consumer] = processOf(containerOf('consumer-2', 'consumer'))
    const adminUrl = 'http://172.18.0.4:9464'
    assert.deepEqual(consumer, { name: 'consumer-2', service: 'consumer', pid: 77, adminUrl, instance: '0123456789ab' })
    const [broker] = processOf(containerOf('kafka-1', 'kafka-1'))
    assert.deepEqual([broker?.service, broker?.adminUrl], ['kafka', null])
  })

  it('is alive under no process id when it is down, and cannot be asked when it is cut off', () => {
    const [down] = processOf(containerOf('redis-1', 'redis', { running: false, pid: 0 }))
    assert.ok(Number.isNaN(down?.pid))
    const [off] = processOf(containerOf('producer-1', 'producer', { addresses: { front: '172.19.0.2' } }))
    assert.equal(off?.adminUrl, null)
  })

  it('is none where it only looks on', () => {
    const others = ['init', 'gateway', 'demo-receiver', 'sentinel-1'].map((service) => containerOf(service, service))
    assert.deepEqual(others.flatMap(processOf), [])
  })
})
