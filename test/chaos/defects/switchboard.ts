import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OwnedStack, startStack } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import type { MutationName } from './mutations.ts'
import { switchVariable } from './switch-variable.ts'

/** What is wrong with the product now: one change, or none; and by how much its wall clock jumps now. It never jumps back. */
export type Setting = { mutation?: MutationName; jumpMs?: number }

export type DefectiveStack = OwnedStack & {
  /** Sets it in every process, and waits until each of them has it. */
  set(setting: Setting): Promise<void>
}

const mutate = new URL('./mutate.ts', import.meta.url).href

/** A stack whose processes have every change of mutations.ts in them, all off at first. */
export async function startDefectiveStack(): Promise<DefectiveStack> {
  const dir = await mkdtemp(join(tmpdir(), 'tailrace-defects-'))
  const file = join(dir, 'switch')
  let jumpedMs = 0
  const write = ({ mutation, jumpMs = 0 }: Setting): string => {
    jumpedMs += jumpMs
    const text = `${mutation ?? 'none'} ${jumpedMs}`
    writeFileSync(`${file}.new`, text)
    renameSync(`${file}.new`, file)
    return text
  }
  write({})
  const env = { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${mutate}`, [switchVariable]: file }
  const stack = await startStack({ env })
  return {
    ...stack,
    async set(setting) {
      const text = write(setting)
      await until('every process has the setting', async () => {
        const processes = (await stack.processes()).filter(({ service }) => isOurs.has(service))
        return processes.length > 0 && processes.every(({ pid }) => saidBy(`${file}.${pid}`) === text)
      })
    },
    async stop() {
      await stack.stop()
      await rm(dir, { recursive: true })
    },
  }
}

const isOurs = new Set(['producer', 'consumer', 'console'])

function saidBy(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
