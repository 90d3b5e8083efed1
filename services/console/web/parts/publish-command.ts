import { get } from '../api/client.ts'
import { useResource } from '../api/resource.ts'
import type { Info } from '../api/shapes.ts'
import { curlOf } from '../words/curl.ts'

/** What to type to send a first event to this stream. */
export function usePublishCommand(stream: string): string {
  const info = useResource('info', (signal) => get<Info>('/v1/info', {}, signal))
  const base = info.data.value?.publishUrl ?? 'http://127.0.0.1:8080'
  return curlOf({
    method: 'POST',
    url: `${base}/v1/streams/${stream}/events?type=com.example.hello&key=first`,
    body: { hello: 'world' },
  })
}
