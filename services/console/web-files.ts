import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'

/** How a file may be sent; `identity` is always there. */
type Encoding = 'br' | 'gzip' | 'identity'

export type WebFile = {
  type: string
  /** Quoted, as the header has it. */
  etag: string
  /** Its name has a hash of its content in it, so what a browser has under this name is never outdated. */
  isImmutable: boolean
  bytes: Readonly<Partial<Record<Encoding, Buffer>>> & { readonly identity: Buffer }
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
}

/**
 * The built web part, by its address: all of it in memory (a megabyte), so no request ever names a file of this machine.
 * Null when it was not built. Files of a type that it does not know, stamps for example, are left out.
 */
export function readWebFiles(folder: string): ReadonlyMap<string, WebFile> | null {
  if (!existsSync(join(folder, 'index.html'))) return null
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) in types)
    .map((entry) => join(entry.parentPath, entry.name))
  return new Map(paths.map((path) => [`/${relative(folder, path).split(sep).join('/')}`, readWebFile(folder, path)]))
}

function readWebFile(folder: string, path: string): WebFile {
  const identity = readFileSync(path)
  const compressed = (suffix: string) => (existsSync(path + suffix) ? readFileSync(path + suffix) : undefined)
  const [br, gzip] = [compressed('.br'), compressed('.gz')]
  return {
    type: types[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(identity).digest('base64url').slice(0, 22)}"`,
    // Vite puts what it has named after its content, and nothing else, into this folder.
    isImmutable: path.startsWith(join(folder, 'assets') + sep),
    bytes: { identity, ...(br === undefined ? {} : { br }), ...(gzip === undefined ? {} : { gzip }) },
  }
}

/** The smallest form that an Accept-Encoding header allows (RFC 9110 §12.5.3). */
export function encodingFor(accept: string | undefined, { bytes }: WebFile): Encoding {
  const weights = new Map<string, number>()
  for (const part of (accept ?? '').toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((one) => one.trim())
    const weight = parameters.find((one) => one.startsWith('q='))
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)))
  }
  const allows = (name: Encoding) => (weights.get(name) ?? weights.get('*') ?? 0) > 0
  const [found] = (['br', 'gzip'] as const).filter((name) => bytes[name] !== undefined && allows(name))
  return found ?? 'identity'
}
