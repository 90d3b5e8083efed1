import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { pathWith, type StandIns } from '../../chaos/stand-ins.ts'

describe('what stands in for a program', () => {
  it('starts it as it was asked to, with what one preparation adds and without what another one forbids', (t) => {
    const programs = [{ sh: { args: ['--port', '7001'] } }, { sh: { without: ['HIDDEN'] } }]
    const text = spokenBy(programs, t, { HIDDEN: 'seen', SHOWN: 'seen' })
    assert.equal(text, 'hidden= shown=seen, --port 6379 --save  --port 7001\n')
  })

  it('changes nothing where nothing is wished', (t) => {
    assert.equal(spokenBy([{ sh: {} }], t, { HIDDEN: 'seen' }), 'hidden=seen shown=, --port 6379 --save \n')
  })
})

/** What `sh` says of its variables and arguments when it is found on the path with these stand-ins. */
function spokenBy(programs: readonly StandIns[], t: TestContext, variables: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-stand-in-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const env = { ...variables, PATH: pathWith(programs, folder) }
  const script = 'echo "hidden=$HIDDEN shown=$SHOWN, $*"'
  return execFileSync('sh', ['-c', script, 'sh', '--port', '6379', '--save', ''], { env }).toString()
}
