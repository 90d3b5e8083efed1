import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

/** From the outside in: a folder may import its own level and everything after it. */
const levels = [
  ['services'],
  ['catalog', 'delivery'],
  ['kafka', 'redis'],
  ['event', 'resilience', 'observability', 'http'],
  ['base'],
]

/** Libraries that stand behind a port of ours, and the only folder that may name them. */
const ports: Readonly<Record<string, string>> = {
  kafkajs: 'shared/kafka/',
  ioredis: 'shared/redis/',
  'rate-limiter-flexible': 'shared/redis/',
  opossum: 'shared/resilience/',
  'p-retry': 'shared/resilience/',
  undici: 'shared/delivery/',
  fastify: 'shared/http/',
  re2js: 'shared/event/schema/',
  '@marcbachmann/cel-js': 'shared/event/filter/',
  pino: 'shared/observability/',
  '@prometheus-io/client': 'shared/observability/',
}

type Import = { from: string; to: string; typeOnly: boolean }

const root = fileURLToPath(new URL('../..', import.meta.url))
const sources = ['services', 'shared'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|mjs)$/.test(file) && !file.includes('node_modules'))
    .map((file) => join(folder, file)),
)
const imports = sources.flatMap(importsOf)

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^'"]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]/gms,
  )
  return [...found].map(([, type, from, bare]) => ({
    from: file,
    to: resolve(file, from ?? bare ?? ''),
    typeOnly: type !== undefined,
  }))
}

function resolve(file: string, target: string): string {
  if (target.startsWith('#shared/')) return target.replace('#shared/', 'shared/')
  return target.startsWith('.') ? relative(root, join(root, dirname(file), target)) : target
}

const isOurs = (path: string) => path.startsWith('services/') || path.startsWith('shared/')

function folderOf(path: string): string {
  const [top, folder, rest] = path.split('/')
  if (top === 'services') return 'services'
  return rest === undefined ? 'base' : (folder ?? 'base')
}

const levelOf = (path: string) => levels.findIndex((level) => level.includes(folderOf(path)))
const show = (found: readonly Import[]) => found.map(({ from, to }) => `${from} → ${to}`)

test('every folder of shared has its level', () => {
  const unplaced = sources.filter((file) => levelOf(file) === -1)
  assert.deepEqual(unplaced, [])
})

test('nothing imports from a level above its own', () => {
  const upward = imports.filter(({ from, to }) => isOurs(to) && levelOf(to) < levelOf(from))
  assert.deepEqual(show(upward), [])
})

test('a service never imports another one', () => {
  const across = imports.filter(
    ({ from, to }) =>
      from.startsWith('services/') && to.startsWith('services/') && from.split('/')[1] !== to.split('/')[1],
  )
  assert.deepEqual(show(across), [])
})

test('folders of one level do not import each other in a circle', () => {
  const edges = new Map<string, Set<string>>()
  for (const { from, to } of imports.filter(({ to }) => isOurs(to))) {
    const [a, b] = [folderOf(from), folderOf(to)]
    if (a !== b) edges.set(a, (edges.get(a) ?? new Set()).add(b))
  }
  const circles = [...edges].flatMap(([a, targets]) =>
    [...targets].filter((b) => edges.get(b)?.has(a)).map((b) => `${a} ⇄ ${b}`),
  )
  assert.deepEqual(circles, [])
})

test('each library behind a port is named in one folder only', () => {
  const outside = imports.filter(({ from, to, typeOnly }) => {
    const port =
      ports[
        to
          .split('/')
          .slice(0, to.startsWith('@') ? 2 : 1)
          .join('/')
      ]
    return port !== undefined && !from.startsWith(port) && !typeOnly
  })
  assert.deepEqual(show(outside), [])
})

test('process.exit stands in one file of the services', () => {
  const exits = sources.filter(
    (file) => !file.startsWith('services/cli/') && /process\.exit\(/.test(readFileSync(join(root, file), 'utf8')),
  )
  assert.deepEqual(exits, ['shared/lifecycle.ts'])
})
