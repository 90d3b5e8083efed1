import { get } from '../../api/client.ts'
import { usePolling, useResource } from '../../api/resource.ts'
import type { List, Stream } from '../../api/shapes.ts'
import { state } from '../../live/live.ts'
import { Empty, LoadingRows } from '../../parts/empty.tsx'
import { StateMark } from '../../parts/icon.tsx'
import { Head } from '../../parts/page.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { listPath, paths, streamPath } from '../../router/paths.ts'
import { curlOf } from '../../words/curl.ts'
import { bytes, count, counted, rate } from '../../words/numbers.ts'
import { lookOfPhase } from '../../words/states.ts'
import { span } from '../../words/times.ts'

const everyMs = 5_000

/** What comes in, where it is kept, for how long, and whether every replica has it. */
export function Streams() {
  const list = useResource('streams', (signal) => get<List<Stream>>('/v1/streams', { limit: 500 }, signal))
  usePolling(list, everyMs)
  const items = list.data.value?.items ?? []
  const total = items.reduce((sum, { status }) => sum + (status.eventsPerSecond ?? 0), 0)
  return (
    <>
      <Head
        title="Streams"
        name="Streams"
        text={list.data.value ? `${counted(items.length, 'stream')}, ${rate(total)} in.` : undefined}
      />
      {list.problem.value && <ProblemBox problem={list.problem.value} retry={list.reload} />}
      <section class="panel" aria-label="Streams">
        <Scroll label="Streams">
          <table class="cards">
            <caption class="vh">Streams</caption>
            <thead>
              <tr>
                <th>Name</th>
                <th>State</th>
                <th class="num">In</th>
                <th class="num">Events</th>
                <th class="num">Size</th>
                <th class="num">Kept for</th>
                <th class="num">In sync</th>
                <th>Subscriptions</th>
              </tr>
            </thead>
            <tbody>
              {items.map((stream) => (
                <StreamRow key={stream.name} stream={stream} />
              ))}
              {list.data.value === undefined && list.isLoading.value && <LoadingRows columns={8} rows={3} />}
            </tbody>
          </table>
        </Scroll>
      </section>
      {list.data.value && items.length === 0 && (
        <Empty title="No streams" command={createStream()}>
          A stream is a named, partitioned, replicated log of events.
        </Empty>
      )}
    </>
  )
}

function StreamRow({
  stream: { name, description, topic, bound, retentionMs, partitions, status },
}: {
  stream: Stream
}) {
  const live = state.value?.streams.find((one) => one.name === name)
  const look =
    status.phase === 'active'
      ? { ...lookOfPhase('active'), icon: 'ok' as const, word: 'active' }
      : lookOfPhase(status.phase)
  return (
    <tr class="tall" data-row>
      <td>
        <a href={streamPath(name)}>
          <b>{name}</b>
        </a>
        <span class="sub">{description || (bound ? `bound topic ${topic}` : topic)}</span>
      </td>
      <td>
        <StateMark look={look} />
        {status.reason && <span class="sub">{status.reason}</span>}
      </td>
      <td class="num">{rate(live?.eventsPerSecond ?? status.eventsPerSecond)}</td>
      <td class="num hide-s">{count(status.events)}</td>
      <td class="num hide-s">{bytes(status.bytes)}</td>
      <td class="num hide-s">{retentionMs === null ? 'for ever' : span(retentionMs / 1000)}</td>
      <td class="num hide-s">
        {status.underReplicatedPartitions === 0 ? (
          `${partitions} of ${partitions}`
        ) : (
          <b class="fail">
            {partitions - status.underReplicatedPartitions} of {partitions}
          </b>
        )}
      </td>
      <td class="full">
        <a class="link" href={listPath(paths.subscriptions, { stream: name })}>
          {status.subscriptions.length === 0 ? 'none' : status.subscriptions.join(', ')}
        </a>
      </td>
    </tr>
  )
}

const createStream = () =>
  curlOf({ method: 'PUT', url: `${location.origin}/v1/streams/orders`, body: { partitions: 6 } })
