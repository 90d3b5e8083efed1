import type { ASTNode } from '@marcbachmann/cel-js'
import { macros, walk } from './cel-nodes.ts'

/** What an expression may not have, where it stands in the text, and what to write instead. */
export type CelFault = { at: number; detail: string; fix: string }

/** Functions whose time is at most proportional to what they are given. */
const functions: ReadonlySet<string> = new Set(
  'has size int uint double string bool type dyn timestamp duration'.split(' '),
)
const methods: ReadonlySet<string> = new Set([
  ...macros,
  ...'size startsWith endsWith contains matches lowerAscii upperAscii trim'.split(' '),
  ...'getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear getHours getMilliseconds'.split(' '),
  ...'getMinutes getMonth getSeconds'.split(' '),
])

/**
 * Their time grows with the product of two texts, or worse: one of them is part of the expression, and short. The text
 * counts as one argument of `duration` and as the argument of the others.
 */
const literals: ReadonlySet<string> = new Set(['contains', 'matches', 'duration'])
const longestLiteral = 256

/** What in an expression could run long whatever is spent on it, or is not offered. Its syntax and types are right already. */
export function celFaults(root: ASTNode): CelFault[] {
  const faults: CelFault[] = []
  for (const { node } of walk(root)) {
    const fault = faultOf(node)
    if (fault !== undefined) faults.push({ at: node.pos, ...fault })
  }
  return faults
}

type Finding = Omit<CelFault, 'at'>

function faultOf(node: ASTNode): Finding | undefined {
  if (node.op === 'call') {
    const [name, args] = node.args
    return functions.has(name) ? literalFault(name, args) : unknown(`${name}()`, functions)
  }
  if (node.op !== 'rcall') return undefined
  const [name, , args] = node.args
  if (!methods.has(name)) return unknown(`.${name}()`, methods)
  if (name.startsWith('get') && args.length > 0) {
    return { detail: `${name}() takes no time zone in filters`, fix: 'leave the argument out: times are in UTC' }
  }
  return literalFault(name, args)
}

function literalFault(name: string, [text]: readonly ASTNode[]): Finding | undefined {
  if (!literals.has(name) || text === undefined) return undefined
  if (text.op !== 'value' || typeof text.args !== 'string') {
    return { detail: `${name}() takes a text in quotes`, fix: `write the text itself, as ${name}("…")` }
  }
  if (text.args.length <= longestLiteral) return undefined
  return {
    detail: `the text of ${name}() has ${text.args.length} characters, at most ${longestLiteral} are allowed`,
    fix: 'shorten it',
  }
}

function unknown(name: string, known: ReadonlySet<string>): Finding {
  return { detail: `${name} is not available in filters`, fix: `use one of ${[...known].sort().join(', ')}` }
}
