import type { ASTNode } from '@marcbachmann/cel-js'
import { type Use, walk } from './cel-nodes.ts'
import type { Meter } from './meter.ts'

/**
 * cel-js bounds the text of an expression, not its evaluation: `items.all(a, items.all(b, …))` takes as long as its data let
 * it. So each node spends before it is evaluated, and for its value afterwards. The library calls `node.evaluate` and puts
 * another function there at the first call; the accessor keeps ours in front of whatever it puts.
 */
export function meterNodes(root: ASTNode, meter: Meter): void {
  for (const { node, use } of walk(root)) meterNode(node, { use, meter, size: makesList(node) })
}

type Evaluate = (this: ASTNode, evaluator: unknown, node: ASTNode, context: unknown) => unknown
type Metering = { use: Use; meter: Meter; size: boolean }

function meterNode(node: ASTNode, { use, meter, size }: Metering): void {
  let inner = Reflect.get(node, 'evaluate') as Evaluate
  // A text that stands in the expression costs what its length is once, when it is read.
  const isLiteral = node.op === 'value'
  const metered: Evaluate = (evaluator, self, context) => {
    meter.spend(1)
    const value = evaluated(() => inner.call(node, evaluator, self, context), meter)
    if (typeof value === 'string') {
      if (!isLiteral) meter.spend(value.length / charactersPerUnit)
    } else if (typeof value === 'object' && value !== null) spendOnContainer(value, { use, meter, size })
    return value
  }
  let isReplaced = false
  Object.defineProperty(node, 'evaluate', {
    get() {
      // what asks right after a replacement is the first call, which was metered already
      const isFirstCall = isReplaced
      isReplaced = false
      return isFirstCall ? inner : metered
    },
    set(replaced: Evaluate) {
      inner = replaced
      isReplaced = true
    },
  })
}

/** The library draws a picture of the expression up to the place at fault, which is most of what a failing node costs. */
const unitsOfError = 90
const charactersDrawnPerUnit = 16
const charactersPerUnit = 32

const charged = new WeakSet<object>()

function evaluated(evaluate: () => unknown, meter: Meter): unknown {
  try {
    return evaluate()
  } catch (error) {
    if (error instanceof Error && !meter.isSpent() && !charged.has(error)) {
      charged.add(error)
      meter.spend(unitsOfError + startOf(error) / charactersDrawnPerUnit)
    }
    throw error
  }
}

function startOf(error: Error): number {
  const range: unknown = Reflect.get(error, 'range')
  return typeof range === 'object' && range !== null && 'start' in range ? Number(range.start) : 0
}

function spendOnContainer(value: object, { use, meter, size }: Metering): void {
  if (size && Array.isArray(value)) meter.spend(value.length)
  if (use === 'free') return
  if (use === 'compared') weigh(value, meter, deepestOperand)
  else if (use === 'iterated' && Array.isArray(value)) meter.spend(value.length)
  else meter.spend(2 * namesIn(value))
  if (use === 'used') requireFlat(value)
}

const makesList = ({ op }: ASTNode) => op === '+' || op === 'rcall' || op === 'list'

/**
 * cel-js makes a type for every shape of an operand, such as `list<map<string, list<double>>>`, and keeps it for ever. The
 * data are a stranger's, so only shapes of which there are few may come that far: `2^5 × 6` of them.
 */
const deepestOperand = 5
const tooDeep = () => Object.assign(new Error('too deep'), { code: 'operand_too_deep' })

/** Its size, and what a macro goes through, is a list of all its names, made anew each time. */
function namesIn(value: object): number {
  return Array.isArray(value) ? 0 : value instanceof Map ? value.size : Object.keys(value).length
}

/** Spends one unit for each element, at any depth. */
function weigh(value: unknown, meter: Meter, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth === 0) throw tooDeep()
  const elements = elementsOf(value)
  if (elements === undefined) return
  for (const element of elements) {
    meter.spend(typeof element === 'string' ? 1 + element.length / charactersPerUnit : 1)
    weigh(element, meter, depth - 1)
  }
}

/** The library looks at the first element of each level only. */
function requireFlat(value: unknown): void {
  let level: unknown = value
  for (let depth = deepestOperand; typeof level === 'object' && level !== null; depth -= 1) {
    if (depth === 0) throw tooDeep()
    level = firstOf(level)
  }
}

function firstOf(value: object): unknown {
  const elements = elementsOf(value)
  if (elements === undefined) return undefined
  for (const element of elements) return element
  return undefined
}

/** Of a list or a map; other objects (a time, bytes) have none. */
function elementsOf(value: object): Iterable<unknown> | undefined {
  if (Array.isArray(value)) return value
  if (value instanceof Map) return value.values()
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ? membersOf(value) : undefined
}

function* membersOf(value: object): Generator<unknown> {
  for (const name in value) yield Reflect.get(value, name)
}
