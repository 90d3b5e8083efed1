import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createEgressGuard } from '#shared/delivery/egress.ts'
import { readComposeFile } from './compose-file.ts'

const { services, networks } = readComposeFile()
const isInternal = (name: string): boolean => networks[name]?.internal === true
const networksOf = (name: string): string[] => services[name]?.networks ?? []

describe('the networks of the compose file', () => {
  it('publish the gateway, the console and the demo receiver on the loopback address, and nothing else', () => {
    const published = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]))
    assert.deepEqual(Object.fromEntries(published), {
      console: '127.0.0.1:8090:8090',
      'demo-receiver': '127.0.0.1:8070:8070',
      gateway: '127.0.0.1:8080:8080',
    })
  })

  it('keep Kafka and Redis where there is no way in or out', () => {
    const inner = Object.keys(services).filter((name) => /^(kafka|redis|sentinel)/.test(name))
    assert.equal(inner.length, 9)
    for (const name of inner) assert.ok(networksOf(name).length > 0 && networksOf(name).every(isInternal), name)
  })

  it('give a way out to whoever calls receivers, and none to the producers', () => {
    for (const name of ['consumer', 'console']) assert.ok(!networksOf(name).every(isInternal), name)
    assert.ok(networksOf('producer').every(isInternal))
  })

  it('let the gateway reach producers but neither Kafka nor Redis', () => {
    const shared = (a: string, b: string) => networksOf(a).some((name) => networksOf(b).includes(name))
    assert.ok(shared('gateway', 'producer'))
    assert.ok(!shared('gateway', 'kafka-1') && !shared('gateway', 'redis'))
  })

  it('answer for a container that is gone without asking anybody outside', () => {
    for (const [name, { dns_opt = [], dns_search = [] }] of Object.entries(services)) {
      assert.deepEqual([dns_opt, dns_search], [['ndots:1'], ['.']], name)
    }
  })

  it('are all declared', () => {
    const used = Object.keys(services).flatMap(networksOf)
    assert.deepEqual([...new Set(used)].sort(), Object.keys(networks).sort())
  })
})

describe('targets inside the stack', () => {
  const allowed = createEgressGuard(String(services.consumer?.environment?.TAILRACE_EGRESS_ALLOW))

  it('are the demo receiver and the host', () => {
    assert.equal(allowed.refusal('172.18.0.9', 'demo-receiver'), null)
    assert.equal(allowed.refusal('172.17.0.1', 'host.docker.internal'), null)
  })

  it('are not Kafka, Redis or the container itself', () => {
    for (const [address, host] of [
      ['172.18.0.2', 'kafka-1'],
      ['172.18.0.3', 'redis'],
      ['127.0.0.1', 'localhost'],
    ] as const) {
      assert.ok(allowed.refusal(address, host) !== null, host)
    }
  })
})
