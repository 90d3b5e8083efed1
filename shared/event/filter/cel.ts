import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js'
import { messageOf } from '#shared/errors.ts'
import { compileRe2, type Pattern } from '../schema/pattern.ts'
import { meterNodes } from './cel-metered.ts'
import { walk } from './cel-nodes.ts'
import { type CelFault, celFaults } from './cel-rules.ts'
import { createMeter, type Meter } from './meter.ts'

/** What an expression came to for one event. `code` is the library's or ours, `at` the part of the expression at fault. */
export type CelOutcome = { kind: 'true' } | { kind: 'false' } | { kind: 'error'; code: string; at: string }

/** A checked expression; `event` is what it calls so. Never throws, and takes less than 10 ms. */
export type CelExpression = { evaluate(event: object): CelOutcome }

export type CompiledCel =
  | { kind: 'usable'; expression: CelExpression }
  | { kind: 'unusable'; faults: readonly CelFault[] }

/** Deep enough for what people write; the evaluation of an expression nests as deep as its text. */
const limits = { maxAstNodes: 5_000, maxDepth: 50, maxListElements: 1_000, maxMapEntries: 100 }

/** Checks syntax, names, types and cost of a CEL expression over `event`, and makes it ready for use. */
export function compileCel(text: string): CompiledCel {
  const meter = createMeter()
  const patterns = new Map<string, Pattern>()
  const environment = environmentWith((value, pattern) => patterns.get(pattern)?.test(value) ?? false)
  try {
    const parsed = environment.parse(text)
    const faults = [...celFaults(parsed.ast), ...takePatterns(parsed.ast, patterns, meter)]
    if (faults.length > 0) return { kind: 'unusable', faults }
    const fault = resultFault(parsed)
    if (fault !== undefined) return { kind: 'unusable', faults: [fault] }
    meterNodes(parsed.ast, meter)
    return { kind: 'usable', expression: { evaluate: (event) => evaluate(parsed, { event, meter, text }) } }
  } catch (error) {
    return { kind: 'unusable', faults: [faultOf(error)] }
  }
}

/** The library's own `matches` runs JavaScript's engine, which backtracks; calls of it are led here. */
const ownMatches = 'tailraceMatches'

function environmentWith(matches: (value: string, pattern: string) => boolean): Environment {
  return new Environment({ limits })
    .registerVariable('event', 'map')
    .registerFunction(`string.${ownMatches}(string): bool`, matches, { async: false })
}

/** Compiles each pattern, and leads its call to ours. The rules have seen that it is a text. */
function takePatterns(root: ASTNode, patterns: Map<string, Pattern>, meter: Meter): CelFault[] {
  const faults: CelFault[] = []
  for (const { node } of walk(root)) {
    const pattern = node.op === 'rcall' && node.args[0] === 'matches' ? node.args[2][0] : undefined
    if (node.op !== 'rcall' || pattern?.op !== 'value' || typeof pattern.args !== 'string') continue
    try {
      patterns.set(pattern.args, compileRe2(pattern.args, cheaper(meter)))
      node.args[0] = ownMatches
    } catch (error) {
      const detail = `the pattern of matches() cannot be used: ${messageOf(error)}`
      faults.push({ at: pattern.pos, detail, fix: 'write it in the syntax of RE2' })
    }
  }
  return faults
}

/** An instruction for a character is a step of an automaton, as a rule some ns; ten times that while it is built. */
const instructionsPerUnit = 32

function cheaper(meter: Meter): Meter {
  return { ...meter, spend: (instructions) => meter.spend(instructions / instructionsPerUnit) }
}

function resultFault(parsed: ParseResult): CelFault | undefined {
  const { valid, type, error } = parsed.check()
  if (!valid) return faultOf(error)
  if (type === 'bool' || type === 'dyn') return undefined
  const fix = 'compare it with something, so that it is true or false'
  return { at: parsed.ast.pos, detail: `the expression is of type ${type}, not bool`, fix }
}

type Evaluation = { event: object; meter: Meter; text: string }

const outcomes = { true: { kind: 'true' }, false: { kind: 'false' } } as const satisfies Record<string, CelOutcome>

function evaluate(parsed: ParseResult, { event, meter, text }: Evaluation): CelOutcome {
  meter.begin()
  // Nobody sees the stacks, and an expression may fail for each element of a list: that halves what it costs.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    const value: unknown = parsed({ event })
    // An operator that forgives errors may have swallowed that nothing was left, and then its value means nothing.
    if (meter.isSpent()) return tooMuchWork
    if (typeof value === 'boolean') return value ? outcomes.true : outcomes.false
    return { kind: 'error', code: 'not_bool', at: '' }
  } catch (error) {
    return meter.isSpent() ? tooMuchWork : { kind: 'error', ...placeOf(error, text) }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

const tooMuchWork: CelOutcome = { kind: 'error', code: 'too_much_work', at: '' }

/** Messages of the library quote values of the event, which belong into no log; its codes and positions do not. */
function placeOf(error: unknown, text: string): { code: string; at: string } {
  const { code, range } = celErrorOf(error)
  const at = range === undefined ? '' : text.slice(range.start, range.end)
  return { code, at: at.length > longestPlace ? `${at.slice(0, longestPlace)}…` : at }
}

const longestPlace = 60

function faultOf(error: unknown): CelFault {
  const { code, range, summary } = celErrorOf(error)
  const detail = (summary ?? messageOf(error)).replaceAll(ownMatches, 'matches')
  return { at: range?.start ?? 0, detail, fix: fixes[code] ?? 'correct the expression at this place' }
}

const fixes: Readonly<Record<string, string>> = {
  unknown_variable: 'the event is called event, as in event.type or event.data.total',
  limit_exceeded: 'make the expression smaller',
  no_such_overload: 'convert one side, for example with int(), double() or string()',
}

type CelError = { code: string; range: { start: number; end: number } | undefined; summary: string | undefined }

function celErrorOf(error: unknown): CelError {
  const member = (name: string): unknown => (error instanceof Error ? Reflect.get(error, name) : undefined)
  const [code, range, summary] = [member('code'), member('range'), member('summary')]
  return {
    code: typeof code === 'string' ? code : 'internal',
    range: isRange(range) ? range : undefined,
    summary: typeof summary === 'string' ? summary : undefined,
  }
}

const isRange = (value: unknown): value is { start: number; end: number } =>
  typeof value === 'object' && value !== null && 'start' in value && 'end' in value
