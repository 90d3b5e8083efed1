import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { readConfig } from '#shared/config.ts'
import { type SettingName, secretSettings, settings } from '#shared/settings.ts'
import { runFolder } from '../../../services/cli/folders.ts'
import { prepareBroker, propertiesOf, readEnvironmentFile } from '../../../services/cli/up/broker.ts'
import { consumerFlags } from '../../../services/cli/up/crew.ts'
import { commonEnvironment, secretFiles } from '../../../services/cli/up/environment.ts'
import { portsAt } from '../../../services/cli/up/ports.ts'
import { type ComposeService, msOf, readComposeFile, textOf } from './compose-file.ts'

const { services } = readComposeFile()
const { TAILRACE_SHUTDOWN_GRACE_MS: graceMs } = readConfig(['TAILRACE_SHUTDOWN_GRACE_MS'], {})
const ours = Object.entries(services).filter(([, { image }]) => image.startsWith('tailrace:'))
const brokers = [services['kafka-1'], services['kafka-2'], services['kafka-3']]

/** What the local launcher gives one broker: its properties file and its arguments. */
function localBroker(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-broker-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'jars'))
  const own = {
    id: 1,
    voters: [1, 2, 3],
    brokersFolder: folder,
    jarsFolder: join(folder, 'jars'),
    clusterId: 'c',
  } as const
  const { serve } = prepareBroker({ ...own, ports: portsAt(0) })
  const lines = readFileSync(join(folder, '1.properties'), 'utf8').trim().split('\n')
  return { serve, properties: Object.fromEntries(lines.map((line) => line.split(/=(.*)/s))) as Record<string, string> }
}

/** What the image makes of its environment; what is for Java or for its own script is no property. */
function composeProperties(service: ComposeService | undefined): Record<string, string> {
  const file = (service?.env_file ?? []).map((path) => readEnvironmentFile(textOf(path)))
  const environment: Record<string, unknown> = Object.assign({}, ...file, service?.environment)
  const { KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS, CLUSTER_ID, ...rest } = environment
  return propertiesOf(rest as Record<string, string>)
}

describe('a broker of the compose file', () => {
  it('has the settings of a local one; only identity, addresses and folder are its own', (t) => {
    const own = ['node.id', 'listeners', 'advertised.listeners', 'controller.quorum.voters', 'log.dirs']
    const { properties } = localBroker(t)
    for (const broker of brokers) {
      const compose = composeProperties(broker)
      assert.deepEqual(Object.keys(compose).sort(), Object.keys(properties).sort())
      const differing = Object.keys(compose).filter((name) => compose[name] !== properties[name] && !own.includes(name))
      assert.deepEqual(differing, [])
    }
  })

  it('runs Java with the flags of a local one', (t) => {
    const { serve } = localBroker(t)
    for (const broker of brokers) {
      for (const flag of String(broker?.environment?.KAFKA_JVM_PERFORMANCE_OPTS).split(' ')) {
        assert.ok(serve.includes(flag), flag)
      }
    }
  })

  it('has an id and an address that no other has', () => {
    for (const name of ['KAFKA_NODE_ID', 'KAFKA_ADVERTISED_LISTENERS']) {
      assert.equal(new Set(brokers.map((broker) => broker?.environment?.[name])).size, 3, name)
    }
  })
})

describe('a service of the compose file', () => {
  const folder = runFolder('/tmp')
  const local = commonEnvironment({ folder, ports: portsAt(0), brokers: [], redisUrl: undefined })
  /** 0 = any free one is for many processes on one machine; a container keeps the default. */
  const { TAILRACE_ADMIN_PORT, ...common } = local

  it('is given everything that the local launcher gives to its services', () => {
    for (const [name, { environment = {} }] of ours) {
      const secrets = name === 'init' ? {} : secretFiles(folder)
      for (const setting of Object.keys({ ...common, ...secrets }))
        assert.ok(environment[setting], `${name}: ${setting}`)
    }
  })

  it('takes every other setting from the environment of whoever starts it', () => {
    /** Every container has its own id and ports; the grace period belongs to stop_grace_period. */
    const fixed = ['TAILRACE_INSTANCE_ID', 'TAILRACE_PORT', 'TAILRACE_ADMIN_PORT', 'TAILRACE_SHUTDOWN_GRACE_MS']
    const names = (Object.keys(settings) as SettingName[]).filter(
      (name) => !fixed.includes(name) && (!secretSettings.has(name) || name === 'REDIS_URL'),
    )
    for (const [service, { environment = {} }] of ours) {
      const missing = names.filter((name) => !(name in environment))
      assert.deepEqual(missing, [], service)
    }
  })

  it('is given no setting that nobody knows', () => {
    const known = Object.keys(settings).flatMap((name) => [name, `${name}_FILE`])
    for (const [service, { environment = {} }] of ours) {
      const unknown = Object.keys(environment).filter((name) => !known.includes(name) && name !== 'UV_THREADPOOL_SIZE')
      assert.deepEqual(unknown, [], service)
    }
  })

  it('runs Node with the flags of a local one', () => {
    assert.deepEqual(services.consumer?.command, ['node', ...consumerFlags, 'services/consumer/main.ts'])
  })

  it('has longer to stop than it takes at most', () => {
    for (const [name, { stop_grace_period }] of ours) {
      assert.ok(msOf(stop_grace_period) > graceMs, name)
    }
  })

  it('may write its secrets only while they are made', () => {
    for (const [name, { volumes = [] }] of ours) {
      const mounted = volumes.filter((volume) => volume.startsWith('secrets:'))
      assert.deepEqual(mounted, [`secrets:/var/lib/tailrace${name === 'init' ? '' : ':ro'}`], name)
    }
  })
})
