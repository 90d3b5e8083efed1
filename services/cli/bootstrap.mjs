#!/usr/bin/env node
// What `npm start`, `npm test` and the bin `tailrace` run first, on whatever Node (18 or newer) the machine has: plain
// JavaScript without a dependency. It makes ready what the command needs (npm packages, Node 24; for a cluster Java, the
// Kafka jars, Redis and the web part of the console) and hands over to main.ts.
import { join } from 'node:path'
import { findTools } from './bootstrap/cluster-tools.mjs'
import { handOver } from './bootstrap/hand-over.mjs'
import { prepareJars } from './bootstrap/jars.mjs'
import { findNode } from './bootstrap/node.mjs'
import { preparePackages } from './bootstrap/packages.mjs'
import { root } from './bootstrap/places.mjs'
import { Refusal } from './bootstrap/refusal.mjs'
import { prepareWeb, webIsReady } from './bootstrap/web.mjs'

const args = process.argv.slice(2)
const wantsHelp = args.includes('--help') || args.includes('-h')
const breaksContainers = args[0] === 'chaos' && /--target[ =]compose/.test(args.join(' '))
const runsCluster = ['up', 'test', 'chaos', 'bench'].includes(args[0]) && !breaksContainers && !wantsHelp
// Keeps our modules stripped and compiled: each process of a run starts in half the CPU time (0.3 s instead of 0.6 s).
const compileCache = join(root, '.tailrace/compile-cache')
const needsDevPackages = ['test', 'chaos', 'bench', 'check'].includes(args[0]) || (runsCluster && !webIsReady())

try {
  preparePackages({ needsDevPackages })
  const node = findNode()
  const path = runsCluster ? await findTools({ forTests: args[0] !== 'up' }) : process.env.PATH
  if (runsCluster) {
    prepareWeb(node)
    prepareJars(path)
  }
  handOver(node, args, { NODE_COMPILE_CACHE: compileCache, ...process.env, PATH: path })
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(error.message)
  process.exitCode = 1
}
