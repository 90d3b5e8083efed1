import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type WriterLock = { release(): void }

/**
 * One writer per folder: an exclusive transaction on a file of its own, held for as long as the writer lives. The operating
 * system gives the lock back when a process dies, however it dies. Null while another one has it.
 */
export function takeWriterLock(path: string): WriterLock | null {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
    return { release: () => db.close() }
  } catch {
    // taken: this process only serves
    db.close()
    return null
  }
}
