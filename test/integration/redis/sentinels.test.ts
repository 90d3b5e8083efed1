import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { openRedis } from '#shared/redis/connection.ts'
import { defer } from '../../support/defer.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'

const log = pino({ level: 'silent' })
const host = '127.0.0.1'
const master = 'primary'

/** One redis-server with these lines as its configuration, in a folder of its own. */
function startServer(t: TestContext, lines: readonly string[], args: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-redis-'))
  defer(t, () => rmSync(folder, { recursive: true }))
  const path = join(folder, 'redis.conf')
  writeFileSync(path, [`bind ${host}`, `dir ${folder}`, 'save ""', ...lines].join('\n'))
  const child = spawn('redis-server', [path, ...args], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  defer(t, async () => {
    child.kill('SIGKILL')
    // Until then it may write into its folder, which goes next.
    await ended
  })
  return child
}

async function startReplicatedRedis(t: TestContext) {
  const [first, second, sentinel] = [await freePort(), await freePort(), await freePort()]
  const server = startServer(t, [`port ${first}`])
  startServer(t, [`port ${second}`, `replicaof ${host} ${first}`])
  const watch = [
    `sentinel monitor ${master} ${host} ${first} 1`,
    `sentinel down-after-milliseconds ${master} 500`,
    `sentinel failover-timeout ${master} 5000`,
  ]
  startServer(t, [`port ${sentinel}`, ...watch], ['--sentinel'])
  const watcher = openRedis({ url: `redis://${host}:${sentinel}`, log })
  defer(t, () => watcher.close())
  return { server, second, watcher, sentinels: `${host}:1,${host}:${sentinel}` }
}

test('what was written survives its master: the connection goes where the Sentinels say', async (t) => {
  const { server, second, watcher, sentinels } = await startReplicatedRedis(t)
  // The address is that of nobody: only the Sentinels know it.
  const redis = openRedis({ url: `redis://${host}:1`, sentinels, master, log })
  defer(t, () => redis.close())
  await until('the first master is known', () => redis.up())
  const replica = openRedis({ url: `redis://${host}:${second}`, log })
  defer(t, () => replica.close())
  await redis.tryRun((client) => client.set('before', 'kept'))
  await until('the replica has it', () => replica.tryRun((client) => client.get('before')))
  // It asks a master for its replicas every 10 s; before that there is nobody to promote.
  const replicas = () => watcher.tryRun((client) => client.call('SENTINEL', 'REPLICAS', master) as Promise<string[][]>)
  await until('the Sentinel knows the replica', async () => (await replicas())?.flat().includes('slave'))

  server.kill('SIGKILL')
  await until('the connection is lost', () => !redis.up())
  await until(
    'writes are taken again',
    async () => (await redis.tryRun((client) => client.set('after', 'new'))) === 'OK',
  )
  await until('they are in the replica of before', async () => {
    return (await replica.tryRun((client) => client.mget('before', 'after')))?.join() === 'kept,new'
  })
})
