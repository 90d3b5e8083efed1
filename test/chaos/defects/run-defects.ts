/*
 * Breaks the product on purpose, one invariant after the other, and looks whether the checkers see it: each defect must turn
 * its own invariant red and no other one that it does not imply; every run without a defect must stay green, and must have
 * had something to judge.
 */
import { rm } from 'node:fs/promises'
import { withResources } from '#shared/lifecycle.ts'
import { Refusal } from '../../../services/cli/up/refusal.ts'
import { explain, invariantsOf } from '../check/judge.ts'
import type { Outcome } from '../experiment.ts'
import { type Defect, type DefectName, defectNames, defects, isMutation } from './defects.ts'
import { runShape } from './shapes.ts'
import { awaken, takeOver } from './small-consumers.ts'
import { type DefectiveStack, startDefectiveStack } from './switchboard.ts'

/** What a run should break, and may. */
type Expected = { invariant: string | null; implied: readonly string[]; judges: readonly string[] }

/** Runs the defects of some invariants (all, if none is named), and each of their shapes without a defect. */
export async function runDefects(invariants: readonly string[], signal: AbortSignal): Promise<void> {
  const names = defectNames.filter((name) => invariants.length === 0 || invariants.includes(defects[name].invariant))
  if (names.length === 0) throw new Refusal(`--defects ${invariants.join()} names none; there are\n${defectList()}`)
  await withResources(warn, async (resources) => {
    const stack = await startDefectiveStack()
    resources.defer('stack', stack.stop)
    const failed = await Promise.race([runAll(stack, names), aborted(signal)])
    await resources.close()
    if (failed > 0) throw new Refusal('')
  })
}

/** Every defect with its line. */
export const defectList = (): string =>
  defectNames
    .map((name) => `  ${defects[name].invariant.padEnd(4)} ${name.padEnd(30)} ${defects[name].what}`)
    .join('\n')

async function runAll(stack: DefectiveStack, names: readonly DefectName[]): Promise<number> {
  let failed = 0
  for (const [shape, some] of Map.groupBy(names, (name) => defects[name].shape)) {
    const judges = some.map((name) => defects[name].invariant)
    failed += await runOne(stack, {
      shape,
      title: `none (${shape})`,
      expected: { invariant: null, implied: [], judges },
    })
    for (const defect of some) {
      const { invariant, implied = [] }: Defect = defects[defect]
      const expected = { invariant, implied, judges: [] }
      failed += await runOne(stack, { shape, title: defect, defect, expected })
    }
  }
  console.log(`\n${failed === 0 ? 'every defect was seen, and nothing where there was none' : `${failed} runs failed`}`)
  return failed
}

type One = { shape: Defect['shape']; title: string; defect?: DefectName; expected: Expected }

/** 1 when it was not as expected. */
async function runOne(stack: DefectiveStack, { shape, title, defect, expected }: One): Promise<0 | 1> {
  const startedAt = performance.now()
  const { invariant } = expected
  try {
    const outcome = await play(stack, shape, defect)
    const wrong = wrongsOf(outcome, expected)
    const { judged, broken } = invariantsOf(judgementsOf(outcome))
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    const mark = wrong.length === 0 ? '✓' : '✗'
    console.log(
      `${mark} ${(invariant ?? '').padEnd(4)} ${title}, ${seconds} s: broken ${broken.join(' ') || 'none'}; judged ${judged.join(' ')}`,
    )
    if (defect !== undefined) {
      const where = isMutation(defect) ? 'the product with one line changed' : 'a stand-in'
      console.log(`       ${where}: ${defects[defect].what}\n       ${firstOffence(outcome, invariant)}`)
    }
    if (wrong.length > 0) {
      const explained = judgementsOf(outcome).map((one) => explain(one, 3))
      console.log([...wrong, ...explained, `The history is in ${outcome.folder}`].join('\n'))
      return 1
    }
    await rm(outcome.folder, { recursive: true, force: true })
    return 0
  } catch (error) {
    console.log(`✗ ${title}: ${error instanceof Error ? error.stack : String(error)}\n${await stack.logTails()}`)
    return 1
  }
}

function play(stack: DefectiveStack, shape: Defect['shape'], defect: DefectName | undefined): Promise<Outcome> {
  if (shape === 'takeover') return takeOver(stack, defect !== undefined)
  if (shape === 'awakening') return awaken(stack, defect !== undefined)
  return runShape(stack, shape, defect === undefined || !isMutation(defect) ? {} : { mutation: defect })
}

/** What is not as it should be. */
function wrongsOf(outcome: Outcome, { invariant, implied, judges }: Expected): string[] {
  const { judged, broken } = invariantsOf(judgementsOf(outcome))
  const strange = broken.filter((one) => one !== invariant && !implied.includes(one))
  const unjudged = judges.filter((one) => !judged.includes(one))
  return [
    ...(invariant === null || broken.includes(invariant) ? [] : [`${invariant} was not seen to break`]),
    ...strange.map((one) => `${one} was broken, too`),
    ...unjudged.map((one) => `${one} was not judged`),
  ]
}

const judgementsOf = ({ judgements, ofRun }: Outcome) => [...judgements.map(({ judgement }) => judgement), ofRun]

function firstOffence(outcome: Outcome, invariant: string | null): string {
  const verdicts = judgementsOf(outcome).flatMap((one) => one.verdicts)
  const offences = verdicts.filter((one) => one.invariant === invariant).flatMap((one) => one.offences)
  const [first] = offences
  return first === undefined ? '' : `${offences.length} offences, the first: ${first.id}: ${first.what}`
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

function warn(name: string, error: unknown): void {
  console.error(`${name} did not stop:`, error)
}
