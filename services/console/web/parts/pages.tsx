import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { addressOf, get, type Query } from '../api/client.ts'
import { Refused } from '../api/problem.ts'
import type { List } from '../api/shapes.ts'

const pageSize = 50

/** A list that is read page by page. */
export type Pages<T> = {
  items: Signal<readonly T[]>
  next: Signal<string | null>
  isLoading: Signal<boolean>
  problem: Signal<Refused | undefined>
  reload(): void
  more(): void
}

/** Reads the first page when the question changes; old rows stay until the new ones are there. */
export function usePages<T>(path: string, asked: Query): Pages<T> {
  const items = useSignal<readonly T[]>([])
  const next = useSignal<string | null>(null)
  const isLoading = useSignal(true)
  const problem = useSignal<Refused | undefined>(undefined)
  const question = addressOf(path, asked)
  const pages = useMemo(() => {
    let current = new AbortController()
    async function read(cursor: string | null) {
      current.abort()
      current = new AbortController()
      const mine = current
      isLoading.value = true
      try {
        const page = await get<List<T>>(path, { ...asked, limit: pageSize, cursor }, mine.signal)
        if (mine.signal.aborted) return
        items.value = cursor === null ? page.items : [...items.value, ...page.items]
        next.value = page.next
        problem.value = undefined
      } catch (error) {
        if (mine.signal.aborted) return
        if (!(error instanceof Refused)) throw error
        problem.value = error
      }
      isLoading.value = false
    }
    return { reload: () => void read(null), more: () => void read(next.value), dispose: () => current.abort() }
  }, [question])
  useEffect(() => {
    pages.reload()
    return pages.dispose
  }, [pages])
  return { items, next, isLoading, problem, reload: pages.reload, more: pages.more }
}

export function MoreButton({ pages }: { pages: Pages<unknown> }) {
  if (pages.next.value === null) return null
  return (
    <button type="button" class="btn sm quiet" onClick={pages.more} disabled={pages.isLoading.value}>
      More
    </button>
  )
}
