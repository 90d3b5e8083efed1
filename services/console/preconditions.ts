import { TailraceError } from '#shared/errors.ts'

/** What a writer expects of the resource as it is now; header values, null when absent. */
export type Preconditions = { ifMatch: string | null; ifNoneMatch: string | null }

export const etagOf = (revision: number) => `"${revision}"`

/** Throws `revision-mismatch` when the resource is not what the writer thinks it is. `revision` null: it does not exist. */
export function requirePreconditions({ ifMatch, ifNoneMatch }: Preconditions, revision: number | null): void {
  if (ifNoneMatch !== null && matches(ifNoneMatch, revision)) {
    throw new TailraceError('revision-mismatch', `it exists${revision === null ? '' : ` in revision ${revision}`}`)
  }
  if (ifMatch !== null && !matches(ifMatch, revision)) {
    const now = revision === null ? 'it does not exist' : `the current revision is ${revision}`
    throw new TailraceError('revision-mismatch', `${now}, If-Match says ${ifMatch.slice(0, 100)}`)
  }
}

function matches(header: string, revision: number | null): boolean {
  if (revision === null) return false
  const wanted = header.split(',').map((tag) => tag.trim())
  return wanted.includes('*') || wanted.includes(etagOf(revision))
}
