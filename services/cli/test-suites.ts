import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { findChromium } from './chromium.ts'
import { root } from './folders.ts'

export type Suite = {
  name: string
  /** Full paths. */
  files: string[]
  concurrency: number
  /** Module with globalSetup and globalTeardown around all files. */
  setup?: string
  /** Why it cannot run on this machine. */
  skipped?: string
}
export type SuiteResult = { name: string; passed: number; failed: number; minutes: number; skipped?: string }

const minuteMs = 60_000
/**
 * A file that takes longer hangs, for example by a handle that nobody closed. The longest, that of the containers, takes 4
 * minutes on two cores, and 10 where all but its pauses is three times as slow.
 */
const fileLimitMs = 15 * minuteMs

/**
 * What `npm test` runs, in this order. Integration tests mostly wait, for groups to form and sessions to end: four at a
 * time take 71 s instead of 89 s on two cores. Files that start stacks run one at a time on a small machine; those of
 * `e2e` share one, those of `launcher` are about starting.
 */
export function allSuites(): Suite[] {
  const found = (pattern: string) => globSync(`test/${pattern}`, { cwd: root }).sort()
  const launcher = found('e2e/launcher*.test.ts')
  const e2e = found('e2e/*.test.ts').filter((file) => !launcher.includes(file))
  return [
    suiteOf('unit', found('unit/**/*.test.ts'), 2),
    suiteOf('property', found('property/**/*.test.ts'), 2),
    suiteOf('integration', found('integration/**/*.test.ts'), 4),
    suiteOf('launcher', launcher, 1),
    { ...suiteOf('e2e', e2e, 1), setup: e2eSetup },
    { ...suiteOf('browser', found('browser/*.test.ts'), 1), setup: e2eSetup, ...unlessChromium() },
  ]
}

const e2eSetup = resolve(root, 'test/support/e2e-setup.ts')

/** Nothing, or why the console cannot be looked at in a browser. */
function unlessChromium(): Pick<Suite, 'skipped'> {
  if (findChromium() !== undefined) return {}
  return { skipped: 'there is no Chromium; install with: apt-get install -y chromium (or set CHROMIUM_PATH)' }
}

/** Some test files, and all test files of some folders, by path from the clone, under a name. */
export function suiteOf(name: string, paths: readonly string[], concurrency: number): Suite {
  return { name, files: paths.flatMap(filesAt), concurrency }
}

function filesAt(path: string): string[] {
  const full = resolve(root, path)
  return full.endsWith('.ts') ? [full] : globSync(`${full}/**/*.test.ts`).sort()
}

/** Integration tests find Kafka and Redis in the environment; unit tests use no network, the others start stacks. */
export function needsBrokers({ files }: Suite): boolean {
  return files.some((file) => file.startsWith(resolve(root, 'test/integration')))
}

/** Runs each file in a process of its own and reports on stdout as it goes; its setup counts towards the minutes. */
export async function runSuite(suite: Suite, signal: AbortSignal): Promise<SuiteResult> {
  const { name, files, setup, skipped } = suite
  if (skipped !== undefined) {
    console.log(`\n── ${name}: SKIPPED, ${skipped}`)
    return { name, passed: 0, failed: 0, minutes: 0, skipped }
  }
  const startedAt = performance.now()
  let counts = { passed: 0, failed: 0 }
  if (files.length > 0) {
    console.log(`\n── ${name}: ${files.length} files`)
    counts = setup === undefined ? await runFiles(suite, signal) : await runWithin(setup, () => runFiles(suite, signal))
  }
  return { name, ...counts, minutes: (performance.now() - startedAt) / minuteMs }
}

type Setup = { globalSetup(): Promise<void>; globalTeardown(): Promise<void> }

/** Not left to `globalSetupPath` of node:test, which only the first run of a process obeys (Node 24.21). */
async function runWithin<T>(path: string, work: () => Promise<T>): Promise<T> {
  const { globalSetup, globalTeardown } = (await import(path)) as Setup
  await globalSetup()
  try {
    return await work()
  } finally {
    await globalTeardown()
  }
}

async function runFiles({ files, concurrency }: Suite, signal: AbortSignal) {
  const result = { passed: 0, failed: 0 }
  const events = run({ files, concurrency, timeout: fileLimitMs, signal, cwd: root })
  events.on('test:summary', ({ file, counts }) => {
    if (file !== undefined) return
    result.passed = counts.passed
    result.failed = counts.tests - counts.passed - counts.skipped - counts.todo
  })
  for await (const text of events.compose(new spec())) process.stdout.write(text)
  return result
}

/** Minutes and counts per suite, then the one line that ends every test run. */
export function summary(results: readonly SuiteResult[]): string {
  const sum = (of: (result: SuiteResult) => number) => results.reduce((total, result) => total + of(result), 0)
  const lines = results.map(({ name, passed, failed, minutes, skipped }) =>
    skipped === undefined
      ? `${name.padEnd(12)} ${minutes.toFixed(1)} min  ${passed} passed, ${failed} failed`
      : `${name.padEnd(12)} skipped: ${skipped}`,
  )
  return `\n${lines.join('\n')}\n\n${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed`
}
