import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { prepareBroker, propertiesOf, readEnvironmentFile } from '../../../../services/cli/up/broker.ts'
import { refuseWithoutSettings } from '../../../../services/cli/up/broker-settings.ts'
import { portsAt } from '../../../../services/cli/up/ports.ts'

const prepared = (t: TestContext, onTop = '') => {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-broker-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const jarsFolder = join(folder, 'jars')
  mkdirSync(jarsFolder)
  for (const name of ['b.jar', 'a.jar', 'readme.txt']) writeFileSync(join(jarsFolder, name), '')
  const settingsFolder = join(folder, 'settings')
  mkdirSync(settingsFolder)
  if (onTop !== '') writeFileSync(join(settingsFolder, '2.properties'), onTop)
  const own = { id: 2, voters: [1, 2, 3], brokersFolder: folder, jarsFolder, clusterId: '-c', settingsFolder } as const
  const launch = prepareBroker({ ...own, ports: portsAt(500) })
  return { folder, jarsFolder, launch, properties: readFileSync(join(folder, '2.properties'), 'utf8').split('\n') }
}

describe('the settings of a local broker', () => {
  it('are the lines of broker.env in the spelling of server.properties', () => {
    const environment = readEnvironmentFile('# three of three\nKAFKA_MIN_INSYNC_REPLICAS=2\n\nKAFKA_X_Y=a=b\n')
    assert.deepEqual(propertiesOf(environment), { 'min.insync.replicas': '2', 'x.y': 'a=b' })
  })

  it('are those every broker shares and its own identity, addresses and folder', (t) => {
    const { folder, properties } = prepared(t)
    for (const line of [
      'min.insync.replicas=2',
      'unclean.leader.election.enable=false',
      'node.id=2',
      'controller.quorum.voters=1@127.0.0.1:19593,2@127.0.0.1:29593,3@127.0.0.1:39593',
      'listeners=INTERNAL://127.0.0.1:29592,CONTROLLER://127.0.0.1:29593',
      'advertised.listeners=INTERNAL://127.0.0.1:29592',
      `log.dirs=${join(folder, '2')}`,
    ]) {
      assert.ok(properties.includes(line), line)
    }
  })

  it('have on top of them what somebody wants otherwise, and its address is the one it advertises first', (t) => {
    assert.equal(prepared(t).launch.address, '127.0.0.1:29592')
    const onTop = [
      '# behind a forwarder',
      'min.insync.replicas = 1',
      '',
      'advertised.listeners=A://forwarder:9,INTERNAL://[::1]:8',
    ]
    const { launch, properties } = prepared(t, onTop.join('\n'))
    assert.equal(launch.address, 'forwarder:9')
    assert.ok(properties.includes('min.insync.replicas=1'))
    assert.ok(!properties.includes('min.insync.replicas=2'))
  })

  it('are refused when somebody wants something that is no setting', (t) => {
    assert.throws(
      () => prepared(t, 'min.insync.replicas: 1'),
      /"min.insync.replicas: 1" in .*2.properties is not name=value/,
    )
    assert.throws(
      () => refuseWithoutSettings('/nowhere', [1, 2]),
      /\/nowhere: it has none of 1.properties, 2.properties/,
    )
  })

  it('keep the heap for the command line', (t) => {
    const { launch, properties } = prepared(t)
    assert.ok(launch.serve.some((argument) => argument.startsWith('-Xmx')))
    assert.ok(!properties.some((line) => line.startsWith('heap')))
  })

  it('are formatted for a cluster whose random id begins like an option', (t) => {
    assert.ok(prepared(t).launch.format.includes('--cluster-id=-c'))
  })

  it('name every jar in a fixed order, without which the class archive does not fit', (t) => {
    const { jarsFolder, launch } = prepared(t)
    assert.equal(launch.env.CLASSPATH, `${join(jarsFolder, 'a.jar')}:${join(jarsFolder, 'b.jar')}`)
  })
})
