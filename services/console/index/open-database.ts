import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createTables, isOurs } from './schema.ts'

/** A database and the file it was opened from: a file that was removed or replaced is another one. */
export type OpenDatabase = { db: DatabaseSync; isSameFile(): boolean; close(): void }

export type DatabaseFile = { path: string; installation: string }

/** 64 MiB of pages: the inner pages of every table and index of some million rows, so that an insertion reads none. */
const writerCacheKiB = 65_536
const readerCacheKiB = 16_384

/**
 * Opens the database for writing; one that is missing, damaged, of another version or of another installation is made anew,
 * empty. `isNew` says so. The log is the truth and every batch can be read again, so nothing is synced to the disk
 * before a checkpoint: after a power cut a little is read twice, never less.
 */
export function openForWriting({ path, installation }: DatabaseFile): OpenDatabase & { isNew: boolean } {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const known = existsSync(path) ? openKnown(path, installation) : null
  if (known !== null) return { ...opened(known, path), isNew: false }
  removeFiles(path)
  const db = configured(new DatabaseSync(path))
  createTables(db, installation)
  return { ...opened(db, path), isNew: true }
}

/** Null while there is no usable one. Throws what SQLite has against a damaged one. */
export function openForReading({ path, installation }: DatabaseFile): OpenDatabase | null {
  if (!existsSync(path)) return null
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: 1_000 })
    db.exec(`PRAGMA cache_size = -${readerCacheKiB}; PRAGMA mmap_size = 268435456`)
    if (isOurs(db, installation)) return opened(db, path)
  } catch (error) {
    if (isDamage(error)) {
      db?.close()
      throw error
    }
    // it is being made at this moment
  }
  db?.close()
  return null
}

/** SQLITE_CORRUPT and SQLITE_NOTADB: only a new file helps. https://sqlite.org/rescode.html */
export function isDamage(error: unknown): boolean {
  const code = Number((error as { errcode?: unknown } | null)?.errcode ?? 0) & 0xff
  return code === 11 || code === 26
}

export function removeFiles(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true })
}

function openKnown(path: string, installation: string): DatabaseSync | null {
  let db: DatabaseSync | undefined
  try {
    db = configured(new DatabaseSync(path))
    if (isOurs(db, installation)) return db
  } catch {
    // not a database, or a damaged one: it is built again
  }
  db?.close()
  return null
}

function configured(db: DatabaseSync): DatabaseSync {
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -${writerCacheKiB};
    PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864; PRAGMA busy_timeout = 5000`)
  return db
}

function opened(db: DatabaseSync, path: string): OpenDatabase {
  const own = identityOf(path)
  return { db, isSameFile: () => identityOf(path) === own, close: () => db.close() }
}

function identityOf(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? null : `${stats.dev}/${stats.ino}`
}
