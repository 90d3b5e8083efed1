import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/**
 * Has a shell script run when the returned function is called, or when this process ends, however it ends: a shell of its
 * own waits for the end of a pipe that only we hold open. `args` are its `$1`, `$2` …; code 0 must mean that nothing is left.
 */
export function undoAtEnd(script: string, args: readonly string[]): () => Promise<void> {
  const waiting = spawn('/bin/sh', ['-c', `read -r line; ${script}`, 'undo', ...args], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true, // Ctrl-C reaches the whole group of the terminal
  })
  waiting.stdin.on('error', () => {}) // somebody killed it: its code says so
  const said = text(waiting.stderr)
  const ended = once(waiting, 'exit')
  ended.catch(() => {}) // whoever undoes hears of it
  return async () => {
    waiting.stdin.end()
    const [code, signal] = await ended
    if (code !== 0) throw new Error(`not undone (${signal ?? `code ${code}`}): ${await said}`)
  }
}
