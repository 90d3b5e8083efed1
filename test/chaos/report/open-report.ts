import { shown } from '../../../services/cli/folders.ts'
import { describeMachine, factsOf } from '../../bench/machine.ts'
import type { Run } from '../figures/figures.ts'
import { totalsOf } from '../figures/totals.ts'
import { runText, totalsText } from './text.ts'
import { failedLine } from './words.ts'
import { usualFolder, writeReport } from './write.ts'

/** The arguments as they were typed; where the report goes, if not to a folder of its own. */
export type Reporting = { args: readonly string[]; folder: string | undefined }

/**
 * What a command has come to so far; `add` prints a run and writes the report anew, so that an ended one has it too. The end of
 * what `conclude` prints names the failed runs: of a long output often only the end is read.
 */
export type OpenReport = { add(run: Run): void; conclude(): { passed: number; failed: number } }

export function openReport({ args, folder: chosen }: Reporting): OpenReport {
  const command = ['npm run chaos --', ...args].join(' ')
  const startedAt = new Date().toISOString()
  const machine = factsOf(describeMachine())
  const folder = chosen ?? usualFolder(startedAt, args.join(' '))
  const runs: Run[] = []
  let path = ''
  return {
    add(run) {
      runs.push(run)
      console.log(runText(run))
      path = writeReport(folder, { format: 1, command, startedAt, machine, totals: totalsOf(runs), runs })
    },
    conclude() {
      const totals = totalsOf(runs)
      console.log(`\n${totalsText(totals)}\n${runs.length === 0 ? '' : `\n${shown(path)}\n`}`)
      for (const run of runs.filter(({ complaint }) => complaint !== '')) console.log(failedLine(run))
      return { passed: totals.runs - totals.failed, failed: totals.failed }
    },
  }
}
