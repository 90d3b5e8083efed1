import { RE2JS } from 're2js'
import { messageOf } from '#shared/errors.ts'
import type { Work } from './work.ts'

/** What JavaScript's own engine, which backtracks, is replaced with: time is linear in the text. */
export type Pattern = {
  test(text: string): boolean
  /** The source: ajv keeps one pattern of a schema for each text this gives. */
  toString(): string
}

/** A bound on memory and on the factor of the linear time. `{0,1000}` of one class needs 2,000; `maxLength` does that better. */
const mostInstructions = 1_000
/** The automaton of a pattern is built while it reads; thrown away after so many characters it stays small. */
const charactersPerAutomaton = 1_000_000

/** A pattern with its syntax checked. Each test spends its length times the size of the program. Throws an Error saying what it cannot take. */
export function compilePattern(source: string, work: Work): Pattern {
  return patternOf(source, compile(source), work)
}

/** The same for a pattern in the syntax of RE2 itself, as CEL has it. */
export function compileRe2(source: string, work: Work): Pattern {
  return patternOf(source, RE2JS.compile(source), work)
}

function patternOf(source: string, compiled: RE2JS, work: Work): Pattern {
  const instructions = compiled.programSize()
  if (instructions > mostInstructions) {
    throw new Error(`it needs ${instructions} instructions, at most ${mostInstructions} are allowed`)
  }
  let read = 0
  return {
    toString: () => source,
    test(text) {
      work.spend(instructions * (text.length + 1))
      read += text.length
      if (read > charactersPerAutomaton) {
        compiled.reset()
        read = 0
      }
      return compiled.test(text)
    },
  }
}

/** Why a pattern cannot be used, undefined when it can. */
export function patternFault(source: string): string | undefined {
  try {
    compilePattern(source, { begin() {}, spend() {}, isSpent: () => false })
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

function compile(source: string): RE2JS {
  // Only what both dialects understand: the one of JSON Schema …
  new RegExp(source, 'u')
  // … and RE2, which reads these two as something else instead of refusing them.
  if (/(?:^|[^\\])(?:\\\\)*\\k/.test(source)) throw new Error('back-references are not supported')
  if (source.includes('[[:')) throw new Error('[[: would be a POSIX class')
  return RE2JS.compile(RE2JS.translateRegExp(source))
}
