import type { ASTNode } from '@marcbachmann/cel-js'

/**
 * What becomes of the value of a node: `free` is looked into and no more, `iterated` gives its elements or keys to a macro,
 * `compared` is walked through, `used` is any other operand or argument.
 */
export type Use = 'free' | 'iterated' | 'compared' | 'used'

export type Child = { node: ASTNode; use: Use }

/** Macros: their first argument names a variable, the others run once per element. */
export const macros: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map'])

/** The nodes directly below a node that are evaluated, and what for. */
export function childrenOf(node: ASTNode): Child[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [free(node.args[0])]
    case '[]':
    case '[?]':
      return [free(node.args[0]), used(node.args[1])]
    case 'call':
      return node.args[1].map(node.args[0] === 'has' ? free : used)
    case 'rcall':
      return childrenOfMethod(node.args)
    case 'list':
      return node.args.map(used)
    case 'map':
      return node.args.flat().map(used)
    case '==':
    case '!=':
    case 'in':
      return node.args.map(compared)
    case '!_':
    case '-_':
      return [used(node.args)]
    default:
      return node.args.map(used)
  }
}

/** All nodes of an expression, the outermost first. No recursion: its depth is the text's. */
export function* walk(root: ASTNode): Generator<Child> {
  const open: Child[] = [free(root)]
  for (let child = open.pop(); child !== undefined; child = open.pop()) {
    yield child
    open.push(...childrenOf(child.node).reverse())
  }
}

function childrenOfMethod([name, receiver, args]: [string, ASTNode, ASTNode[]]): Child[] {
  return macros.has(name) ? [iterated(receiver), ...args.slice(1).map(used)] : [used(receiver), ...args.map(used)]
}

const free = (node: ASTNode): Child => ({ node, use: 'free' })
const iterated = (node: ASTNode): Child => ({ node, use: 'iterated' })
const used = (node: ASTNode): Child => ({ node, use: 'used' })
const compared = (node: ASTNode): Child => ({ node, use: 'compared' })
