import { type Signal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { Refused } from './problem.ts'

/** What was read last, and what the latest try ended with. Old data stay while a new try is under way or has failed. */
export type Resource<T> = {
  data: Signal<T | undefined>
  problem: Signal<Refused | undefined>
  isLoading: Signal<boolean>
  reload(): Promise<void>
}

/** Reads when `name` changes; a reading that was overtaken is thrown away. */
export function useResource<T>(name: string, read: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const resource = useMemo(() => createResource(read), [name])
  useEffect(() => {
    resource.reload()
    return resource.dispose
  }, [resource])
  return resource
}

/** Reads again every `everyMs` while the page is visible. */
export function usePolling(resource: Resource<unknown>, everyMs: number): void {
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === 'visible' && resource.reload(), everyMs)
    return () => clearInterval(timer)
  }, [resource, everyMs])
}

function createResource<T>(read: (signal: AbortSignal) => Promise<T>) {
  const data = signal<T | undefined>(undefined)
  const problem = signal<Refused | undefined>(undefined)
  const isLoading = signal(true)
  let current = new AbortController()
  async function reload(): Promise<void> {
    current.abort()
    current = new AbortController()
    const mine = current
    isLoading.value = true
    try {
      const answer = await read(mine.signal)
      if (mine.signal.aborted) return
      data.value = answer
      problem.value = undefined
    } catch (error) {
      if (mine.signal.aborted) return
      if (!(error instanceof Refused)) throw error
      problem.value = error
    }
    isLoading.value = false
  }
  return { data, problem, isLoading, reload, dispose: () => current.abort() }
}
