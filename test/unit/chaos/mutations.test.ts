import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { defectNames, defects, isMutation } from '../../chaos/defects/defects.ts'
import { mutated, mutatedFiles } from '../../chaos/defects/mutations.ts'
import { switchVariable } from '../../chaos/defects/switch-variable.ts'
import { defer } from '../../support/defer.ts'

const root = new URL('../../../', import.meta.url)

describe('the changes that make defects', () => {
  for (const file of mutatedFiles) {
    it(`find their places in ${file}`, async () => {
      const url = new URL(file, root)
      const source = await readFile(url, 'utf8')
      assert.notEqual(mutated(url.pathname, source), source)
    })
  }

  it('change nothing elsewhere', () => {
    assert.equal(mutated('/services/producer/other.ts', 'same'), 'same')
  })

  it('leave modules that can be loaded, and obey the switch', async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'tailrace-switch-'))
    defer(t, () => rm(dir, { recursive: true }))
    const file = join(dir, 'switch')
    await writeFile(file, 'gives-up-at-once 5000')
    const imports = mutatedFiles.map((name) => `await import('${new URL(name, root).href}')`)
    const asked = `(await import('${new URL('services/consumer/pair/give-up.ts', root).href}')).isExhausted`
    const script = `${imports.join('\n')}
      const times = { clockMs: 0, workingSinceMs: 0, nowMs: 1 }
      console.log(${asked}({ giveUpAfterMs: 1e9 }, times), Date.now() - new Date().getTime() > 4_000)
      process.exit()`
    const mutate = new URL('test/chaos/defects/mutate.ts', root).href
    const args = ['--import', mutate, '--input-type=module', '--eval', script]
    const env = { ...process.env, [switchVariable]: file }
    const { stdout } = await promisify(execFile)(process.execPath, args, { env })
    assert.equal(stdout.trim(), 'true true')
  })

  it('break every invariant, and others only together with their own', () => {
    const broken = new Set(defectNames.map((name) => defects[name].invariant))
    for (let number = 1; number <= 20; number += 1) assert.ok(broken.has(`I${number}`), `I${number}`)
    const own = defectNames.filter((name) => isMutation(name) && (defects[name].implied ?? []).length > 0)
    assert.equal(own.length, 4)
  })
})
