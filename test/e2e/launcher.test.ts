import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { freePortOffset } from '../../services/cli/up/ports.ts'
import { type Launched, launch, programsOf, readyFile, untilGone } from '../support/launch.ts'
import { isAlive } from '../support/stack.ts'
import { until } from '../support/until.ts'

/** The tests of this file follow one run through its life; each builds on the one before. */
describe('npm start', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tailrace-launcher-'))
  let ports: string[] = []
  let launched: Launched
  let adminKey = ''
  let lastPosition = ''

  const start = () => launch(dir, ports)
  const publish = async (): Promise<string> => {
    const answer = await fetch(`${readyFile(dir).publishUrl}/v1/streams/demo/events?key=one`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: '{}',
    })
    assert.equal(answer.status, 202, await answer.clone().text())
    return ((await answer.json()) as { position: string }).position
  }

  before(async () => {
    ports = ['--port-offset', String(await freePortOffset())]
  })
  after(async () => {
    if (existsSync(join(dir, 'ready.json'))) process.kill(launched.pid, 'SIGINT')
    await launched.ended()
    rmSync(dir, { recursive: true, force: true })
  })

  it('serves after a while and names every process that runs', async () => {
    launched = start()
    const ready = await launched.ready()
    adminKey = readFileSync(join(dir, 'admin.key'), 'utf8').trim()
    assert.deepEqual(ready.processes.map(({ name }) => name).sort(), [
      'console-1',
      'consumer-1',
      'consumer-2',
      'demo-receiver-1',
      'kafka-1',
      'kafka-2',
      'kafka-3',
      'producer-1',
      'producer-2',
      'redis',
    ])
    for (const { name, pid } of [...ready.processes, { name: 'launcher', pid: ready.launcherPid }]) {
      assert.ok(isAlive(pid), name)
    }
    const services = ready.processes.filter(({ service }) => !['kafka', 'redis'].includes(service))
    for (const { adminUrl } of services) assert.equal((await fetch(`${adminUrl}/readyz`)).status, 200)
  })

  it('prints a line that publishes an event, which the demo receiver shows as verified', async () => {
    const line = await until('the line is printed', () => /^ {2}(curl .*)$/m.exec(launched.output())?.[1])
    const { stdout } = await promisify(execFile)('sh', ['-c', line])
    assert.match(stdout, /^HTTP\/1.1 202 /)
    const { position } = JSON.parse(stdout.slice(stdout.indexOf('\r\n\r\n')))
    type Received = { position: string; verified: boolean; body: string }
    const received = await until('the receiver has the event', async () => {
      const answer = await fetch(`${readyFile(dir).demoReceiverUrl}/requests`)
      const { requests } = (await answer.json()) as { requests: Received[] }
      return requests.find((request) => request.position === position)
    })
    assert.equal(received.verified, true)
    assert.equal(received.body, '{"hello":"world"}')
  })

  it('starts again what dies, and says so in ready.json', async () => {
    for (const name of ['kafka-2', 'redis', 'consumer-1', 'producer-2', 'console-1']) {
      const pidOf = () =>
        readyFile(dir).processes.find((entry) => entry.name === name)?.pid ?? assert.fail(`${name} is not listed`)
      const before = pidOf()
      process.kill(before, 'SIGKILL')
      await until(`${name} runs again`, () => pidOf() !== before && isAlive(pidOf()))
    }
    lastPosition = await publish()
  })

  it('refuses a second start in the same folder in one sentence', async () => {
    const second = launch(dir, ports)
    assert.equal(await second.ended(), 1)
    const { launcherPid } = readyFile(dir)
    assert.match(lastLine(second), new RegExp(`^Tailrace already runs in .* \\(pid ${launcherPid}\\): .*\\.$`))
  })

  it('names an occupied port, what it is for and who holds it', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'tailrace-launcher-'))
    const second = launch(elsewhere, ports)
    assert.equal(await second.ended(), 1)
    assert.match(
      lastLine(second),
      /^Port \d+, needed for the producers, is taken by node .*main\.ts.* \(pid \d+\).*\.$/,
    )
    rmSync(elsewhere, { recursive: true })
  })

  it('leaves nothing behind when it is killed', async () => {
    process.kill(readyFile(dir).launcherPid, 'SIGKILL')
    await launched.ended()
    await untilGone(dir)
  })

  it('goes on with the same data at the next start', async () => {
    launched = start()
    await launched.ready()
    const [stream, partition, offset] = lastPosition.split('-')
    assert.equal(await publish(), `${stream}-${partition}-${Number(offset) + 1}`)
  })

  it('ends with whoever started it', async () => {
    process.kill(launched.pid, 'SIGKILL')
    await untilGone(dir)
  })

  it('stops cleanly at Ctrl-C', async () => {
    launched = start()
    await launched.ready()
    process.kill(launched.pid, 'SIGINT')
    assert.equal(await launched.ended(), 0)
    assert.match(launched.output(), /Stopped\.\n$/)
    assert.deepEqual(programsOf(dir), [])
    await untilGone(dir)
    assert.equal(existsSync(join(dir, 'ready.json')), false)
    assert.equal(existsSync(join(dir, 'launcher.lock')), false)
  })
})

const lastLine = (launched: Launched) => launched.output().trimEnd().split('\n').at(-1) ?? ''
