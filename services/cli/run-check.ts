import { spawnSync } from 'node:child_process'
import { styleText } from 'node:util'
import { root } from './folders.ts'

const checks = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-p', '.'] },
  { name: 'types of the web part', args: ['node_modules/typescript/bin/tsc', '-p', 'services/console/web'] },
  { name: 'style', args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'] },
  { name: 'import directions', args: ['--test', '--test-reporter=dot', 'test/unit/import-directions.test.ts'] },
]

/** Runs all checks, even after one failed, and says which ones did. */
export function runCheck(): void {
  for (const { name, args } of checks) {
    const startedAt = performance.now()
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const mark = status === 0 ? styleText('green', '✓') : styleText('red', '✗')
    console.log(`${mark} ${name.padEnd(22)} ${seconds} s`)
    if (status !== 0) process.exitCode = 1
  }
}
