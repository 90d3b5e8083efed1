import { type DatabaseFile, type OpenDatabase, openForReading } from './open-database.ts'
import { type Queries, type QueryAnswer, type QueryArgs, type QueryName, queries } from './queries/registry.ts'

/** Why there is no answer: the index is not there, or broken, until its writer has made it anew. */
export class IndexMissing extends Error {
  override readonly name = 'IndexMissing'
}

export type Reader = {
  /** Throws IndexMissing. */
  ask<N extends QueryName>(name: N, args: QueryArgs<N>): QueryAnswer<N>
  close(): void
}

/** Reads from the file that is there now: one that its writer removed and built again is opened anew. */
export function createReader(file: DatabaseFile): Reader {
  let open: OpenDatabase | null = null
  const close = () => {
    open?.close()
    open = null
  }
  const database = () => {
    if (open !== null && !open.isSameFile()) close()
    open ??= openForReading(file)
    if (open === null) throw new IndexMissing('the search index is not there yet')
    return open.db
  }
  return {
    ask<N extends QueryName>(name: N, args: QueryArgs<N>) {
      try {
        const run = queries[name] as (...all: unknown[]) => ReturnType<Queries[N]>
        return run(database(), args)
      } catch (error) {
        if (error instanceof IndexMissing) throw error
        // Whatever SQLite has against the file, a fresh look at it decides.
        close()
        throw new IndexMissing('the search index cannot be read now', { cause: error })
      }
    },
    close,
  }
}
