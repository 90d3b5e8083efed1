import { globSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { root } from './folders.ts'

export type Suite = {
  name: string
  files: string[]
  concurrency: number
  /** Run once around all files. */
  globalSetup?: string
}
export type SuiteResult = { name: string; passed: number; failed: number; minutes: number }

const minuteMs = 60_000
/** A file that takes longer hangs, for example by a handle that nobody closed. */
const fileLimitMs = 8 * minuteMs

/**
 * What `npm test` runs. The end-to-end files share one stack, which their global setup starts; those of the launcher start
 * stacks of their own, one at a time on a small machine.
 */
export function allSuites(): Suite[] {
  const found = (folder: string) => globSync(`test/${folder}/**/*.test.ts`, { cwd: root }).sort()
  return [
    suiteOf('unit', found('unit'), 2),
    suiteOf('integration', found('integration'), 2),
    suiteOf('launcher', found('e2e').filter(isAboutLauncher), 1),
    {
      ...suiteOf(
        'e2e',
        found('e2e').filter((file) => !isAboutLauncher(file)),
        1,
      ),
      globalSetup: resolve(root, 'test/support/e2e-setup.ts'),
    },
  ]
}

const isAboutLauncher = (file: string): boolean => basename(file).startsWith('launcher')

/** Some test files, and all test files of some folders, by path from the clone, under a name. */
export function suiteOf(name: string, paths: readonly string[], concurrency: number): Suite {
  return { name, files: paths.flatMap(filesAt), concurrency }
}

function filesAt(path: string): string[] {
  const full = resolve(root, path)
  return full.endsWith('.ts') ? [full] : globSync(`${full}/**/*.test.ts`).sort()
}

/** Unit tests use no network. */
export function needsBrokers({ files }: Suite): boolean {
  return files.some((file) => !file.startsWith(resolve(root, 'test/unit')))
}

/** Runs each file in a process of its own and reports on stdout as it goes. */
export async function runSuite(suite: Suite, signal: AbortSignal): Promise<SuiteResult> {
  const { name, files, concurrency, globalSetup } = suite
  const startedAt = performance.now()
  const result = { name, passed: 0, failed: 0, minutes: 0 }
  if (files.length > 0) {
    console.log(`\n── ${name}: ${files.length} files`)
    const setup = globalSetup === undefined ? {} : { globalSetupPath: globalSetup }
    const events = run({ files, concurrency, timeout: fileLimitMs, signal, cwd: root, ...setup })
    events.on('test:summary', ({ file, counts }) => {
      if (file !== undefined) return
      result.passed = counts.passed
      result.failed = counts.tests - counts.passed - counts.skipped - counts.todo
    })
    for await (const text of events.compose(new spec())) process.stdout.write(text)
  }
  result.minutes = (performance.now() - startedAt) / minuteMs
  return result
}

/** Minutes and counts per suite, then the one line that ends every test run. */
export function summary(results: readonly SuiteResult[]): string {
  const sum = (of: (result: SuiteResult) => number) => results.reduce((total, result) => total + of(result), 0)
  const lines = results.map(
    ({ name, passed, failed, minutes }) =>
      `${name.padEnd(12)} ${minutes.toFixed(1)} min  ${passed} passed, ${failed} failed`,
  )
  return `\n${lines.join('\n')}\n\n${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed`
}
