import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { openResources, withResources } from '#shared/lifecycle.ts'

const nobody = () => assert.fail('no close was expected to fail')

test('closes in reverse order of opening, once', async () => {
  const closed: string[] = []
  const resources = openResources(nobody)
  for (const name of ['kafka', 'redis', 'http']) resources.defer(name, () => closed.push(name))
  await Promise.all([resources.close(), resources.close()])
  assert.deepEqual(closed, ['http', 'redis', 'kafka'])
})

test('goes on closing when one close fails, and reports it', async () => {
  const closed: string[] = []
  const failed: string[] = []
  const resources = openResources((name) => failed.push(name))
  resources.defer('first', () => closed.push('first'))
  resources.defer('broken', () => Promise.reject(new Error('no')))
  await resources.close()
  assert.deepEqual({ closed, failed }, { closed: ['first'], failed: ['broken'] })
})

test('unwinds what was opened when a later open throws', async () => {
  const closed: string[] = []
  const opening = withResources(nobody, async (resources) => {
    resources.defer('kafka', () => closed.push('kafka'))
    throw new Error('no redis')
  })
  await assert.rejects(opening, /no redis/)
  assert.deepEqual(closed, ['kafka'])
})

const processUnder = (body: string) =>
  spawn(process.execPath, [
    '--input-type=module-typescript',
    '-e',
    `import { untilStopped } from ${JSON.stringify(new URL('../../../shared/lifecycle.ts', import.meta.url).href)}
     const log = { info() {}, fatal() {} }
     const alive = setInterval(() => {}, 1000)
     ${body}`,
  ])

/** Its exit code, when it has ended and everything it printed was read. */
const exitOf = async (child: ReturnType<typeof processUnder>) => (await once(child, 'close'))[0]

test('exits 0 after a clean stop on SIGTERM', async () => {
  const child = processUnder(`
    const ended = untilStopped({ finished: new Promise(() => {}), stop: async () => console.log('stopped') }, { graceMs: 5000, log })
    console.log('listens to signals')
    await ended`)
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
    if (output === 'listens to signals\n') child.kill('SIGTERM')
  })
  assert.equal(await exitOf(child), 0)
  assert.equal(output, 'listens to signals\nstopped\n')
})

test('exits 1 when the service breaks', async () => {
  const child = processUnder(`
    await untilStopped({ finished: Promise.reject(new Error('broken')), stop: async () => {} }, { graceMs: 5000, log })`)
  assert.equal(await exitOf(child), 1)
})

test('exits 1 when stopping takes longer than the grace period', async () => {
  const child = processUnder(`
    await untilStopped({ finished: Promise.resolve(), stop: () => new Promise(() => {}) }, { graceMs: 50, log })`)
  assert.equal(await exitOf(child), 1)
})
