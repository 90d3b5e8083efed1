import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { portsAt } from '../../../services/cli/up/ports.ts'
import { askRedis, sentinels } from '../../chaos/preparations/sentinels.ts'
import { defer } from '../../support/defer.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'

/** The Redis of a stack, once it is prepared. */
async function startWatched(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'tailrace-sentinels-'))
  defer(t, () => rmSync(dir, { recursive: true }))
  const redis = await freePort()
  const prepared = await sentinels.prepare({ dir, portOffset: 0, ports: { ...portsAt(0), redis } })
  defer(t, prepared.stop)
  const master = spawn('redis-server', ['--port', String(redis), '--dir', dir, '--save', ''], { stdio: 'ignore' })
  defer(t, () => master.kill('SIGKILL'))
  return { ...prepared, master, port: redis }
}

describe('the Sentinels of a stack', { skip: sentinels.missing() }, () => {
  it('make its replica the master of those who ask them, and are gone in the end', async (t) => {
    const { handle, start, stop, master, port } = await startWatched(t)
    const { replica, masterPort, knowReplica } = handle
    assert.equal(await until('they watch it', masterPort), port)
    assert.equal(await knowReplica(port), false)
    await until('they know the replica', () => knowReplica(replica.port))
    master.kill('SIGKILL')
    await until('the replica is the master', async () => (await masterPort()) === replica.port)
    const watching = (start.env?.REDIS_SENTINELS ?? '').split(',').map((address) => Number(address.split(':')[1]))
    assert.equal(watching.length, 3)
    await stop()
    for (const gone of [replica.port, ...watching]) await assert.rejects(askRedis(gone, ['PING']))
  })
})
