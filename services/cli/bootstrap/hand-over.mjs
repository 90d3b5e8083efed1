import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './places.mjs'

const echoMs = 500

/**
 * Runs main.ts in a session of its own: a Ctrl-C then reaches it once, through us, and never its brokers. It ends when
 * the channel between us closes, so not even our SIGKILL leaves it behind. Its exit code becomes ours.
 */
export function handOver(node, args, env) {
  const child = spawn(node, [join(root, 'services/cli/main.ts'), ...args], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env,
  })
  const stop = asOne(() => child.kill('SIGTERM'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)
  whenStarterIsGone(() => child.connected && child.disconnect())
  child.on('error', (error) => {
    console.error(`tailrace: ${node} does not start: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => endLike(code, signal))
}

/** A Ctrl-C under npm comes twice, from the terminal and from npm; to main.ts a second signal means "now". */
function asOne(act) {
  let lastAt = Number.NEGATIVE_INFINITY
  return () => {
    const isEcho = performance.now() - lastAt < echoMs
    lastAt = performance.now()
    if (!isEcho) act()
  }
}

/**
 * A starter with a channel says that it is gone. npm, killed, goes without a word: then our ancestors change, of which
 * npm is the first or, with a shell between, the second.
 */
function whenStarterIsGone(end) {
  process.on('disconnect', end)
  if (process.env.npm_lifecycle_event === undefined) return
  const ancestors = () => `${process.ppid} ${parentOf(process.ppid)}`
  const before = ancestors()
  setInterval(() => ancestors() !== before && end(), 500).unref()
}

/** Linux only; where there is no /proc the shell hands its place to us and npm is our parent. */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
  } catch {
    return undefined
  }
}

function endLike(code, signal) {
  if (signal === null) process.exit(code)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}
