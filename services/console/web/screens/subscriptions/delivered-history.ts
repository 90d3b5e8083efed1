import { useComputed } from '@preact/signals'
import { readHistory } from '../../api/history.ts'
import { usePolling, useResource } from '../../api/resource.ts'

const everyMs = 30_000

/** What was delivered in the last hour by the minute, by series; the minute that goes on is left out. */
export function useDeliveredHistory(names: readonly string[]) {
  const series = names.map((name) => `delivered/${name}`)
  const history = useResource(series.join(), (signal) =>
    readHistory({ series, seconds: 3_600, stepSeconds: 60 }, signal),
  )
  usePolling(history, everyMs)
  return useComputed(
    () => history.data.value && new Map([...history.data.value].map(([name, values]) => [name, values.slice(0, -1)])),
  )
}
