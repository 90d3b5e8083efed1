import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'

const suites = new URL('../../../services/cli/test-suites.ts', import.meta.url).href

const setup = `
  export const globalSetup = async () => { process.env.SHARED = 'one stack'; console.log('set up') }
  export const globalTeardown = async () => console.log('torn down')`
const test = `
  import { it } from 'node:test'
  it('sees ' + process.env.SHARED, () => {})`

it('a suite is set up once around all its files, also when another suite ran before', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-suites-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const files = [file('a.test.mjs', test), file('b.test.mjs', test)]
  const shared = { name: 'e2e', files, concurrency: 1, setup: file('setup.mjs', setup) }
  const script = `
    import { runSuite } from ${JSON.stringify(suites)}
    const { signal } = new AbortController()
    await runSuite(${JSON.stringify({ name: 'unit', files, concurrency: 1 })}, signal)
    await runSuite(${JSON.stringify(shared)}, signal)`
  // Inside a test Node runs no other tests.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [file('both.mjs', script)], { env })
  const told = stdout.match(/── \w+|set up|torn down|sees [\w ]+(?= \()/g)
  const both = (seen: string) => [`sees ${seen}`, `sees ${seen}`]
  assert.deepEqual(told, ['── unit', ...both('undefined'), '── e2e', 'set up', ...both('one stack'), 'torn down'])
})
