import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../../services/cli/folders.ts'
import type { Stack } from '../../support/stack.ts'
import type { Result } from '../figures/figures.ts'

const file = join(root, 'test/e2e/seeded-defects.test.ts')

/** Runs the systems with a seeded defect on this stack, each of which must turn the verdict red, and the same without. */
export async function runSeeded({ dir }: Pick<Stack, 'dir'>, signal: AbortSignal): Promise<Result> {
  // In one process, so that ending it ends all.
  const args = ['--test', '--test-isolation=none', '--test-reporter=tap', file]
  const env = { ...process.env, E2E_STACK: dir }
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { env, signal, maxBuffer: 1 << 26 }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
  signal.throwIfAborted()
  return seededResult(output)
}

type Judged = { isRight: boolean; name: string }

const wrongText = (tests: readonly Judged[]): string =>
  tests.length === 0
    ? 'no system with a seeded defect was judged'
    : `judged wrongly: ${tests.flatMap(({ isRight, name }) => (isRight ? [] : [name])).join('; ')}`

/** What the output of the tests says; one that names no test has failed. */
export function seededResult(output: string): Result {
  const tests = [...output.matchAll(/^ {4}(ok|not ok) \d+ - (.+)$/gm)].map(([, verdict, name = '']) => ({
    isRight: verdict === 'ok',
    name,
  }))
  const right = tests.filter(({ isRight }) => isRight)
  const isWhole = tests.length > 0 && right.length === tests.length
  return {
    figures: [],
    notes: [
      `${right.length} of ${tests.length} systems with a seeded defect, or the same without it, were judged rightly`,
      ...tests.map(({ isRight, name }) => `${isRight ? '✓' : '✗'} ${name}`),
    ],
    complaint: isWhole ? '' : [wrongText(tests), output].join('\n'),
  }
}
