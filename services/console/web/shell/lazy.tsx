import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { LoadingPanel } from '../parts/empty.tsx'

/** A component whose script is read when it is first shown. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  const loaded = signal<ComponentType<P> | undefined>(undefined)
  let isAsked = false
  return function Lazy(props: P) {
    const Loaded = loaded.value
    if (Loaded !== undefined) return <Loaded {...props} />
    if (!isAsked) {
      isAsked = true
      load().then(
        (component) => {
          loaded.value = component
        },
        // A console of another version has other scripts: the page has to be read anew to fit it.
        () => location.reload(),
      )
    }
    return <LoadingPanel />
  }
}
