import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { portsAt } from '../../../services/cli/up/ports.ts'
import { movableClock } from '../../chaos/preparations/movable-clock.ts'
import { defer } from '../../support/defer.ts'

describe('the clock of a stack', () => {
  it('is true at first and is set by one file, with a sign, that all processes are told of', async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'tailrace-clock-'))
    defer(t, () => rmSync(dir, { recursive: true }))
    const { handle, start } = await movableClock.prepare({ dir, portOffset: 0, ports: portsAt(0) })
    const offset = () => readFileSync(start.env?.FAKETIME_TIMESTAMP_FILE ?? '', 'utf8')
    assert.equal(offset(), '+0\n')
    await handle.set(3600)
    assert.equal(offset(), '+3600\n')
    await handle.set(-60)
    assert.equal(offset(), '-60\n')
  })

  it('jumps for Node alone, and leaves the monotonic one as it is', async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'tailrace-clock-'))
    defer(t, () => rmSync(dir, { recursive: true }))
    const { start } = await movableClock.prepare({ dir, portOffset: 0, ports: portsAt(0) })
    const { FAKETIME_ONLY_CMDS: only, FAKETIME_DONT_FAKE_MONOTONIC: keepsMonotonic } = start.env ?? {}
    assert.deepEqual([only, keepsMonotonic], ['node', '1'])
  })
})
