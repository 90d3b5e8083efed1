import { get } from '../../api/client.ts'
import { usePolling, useResource } from '../../api/resource.ts'
import type { Stream as StreamAnswer } from '../../api/shapes.ts'
import { state } from '../../live/live.ts'
import { CopyButton } from '../../parts/copy.tsx'
import { Crumb, Facts, Head, Panel } from '../../parts/page.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { Time } from '../../parts/time.tsx'
import { listPath, paths } from '../../router/paths.ts'
import { curlOf } from '../../words/curl.ts'
import { bytes, count, rate } from '../../words/numbers.ts'
import { span } from '../../words/times.ts'
import { Browse } from './browse.tsx'
import { PartitionTable } from './partition-table.tsx'

const everyMs = 5_000

/** One stream: its partitions and replicas, and its events as they stand in the log. */
export function Stream({ name }: { name: string }) {
  const url = `/v1/streams/${encodeURIComponent(name)}`
  const read = useResource(url, (signal) => get<StreamAnswer>(url, {}, signal))
  usePolling(read, everyMs)
  const stream = read.data.value
  const live = state.value?.streams.find((one) => one.name === name)
  return (
    <>
      <Crumb href={paths.streams} parent="Streams">
        {name}
      </Crumb>
      <Head
        title={name}
        name={name}
        text={
          stream &&
          `${stream.description || stream.topic} · ${rate(live?.eventsPerSecond)} in · ${count(stream.status.events)} events, ${bytes(stream.status.bytes)}`
        }
      >
        <a class="btn" href={listPath(paths.events, { stream: name })}>
          Search its events
        </a>
        <a class="btn" href={listPath(paths.newSubscription, { stream: name })}>
          Subscribe
        </a>
        <CopyButton label="Copy as curl" text={curlOf({ url: location.origin + url })} />
      </Head>
      {read.problem.value && <ProblemBox problem={read.problem.value} retry={read.reload} />}
      <div class="cols c-main">
        <div>
          {live && <PartitionTable partitions={live.partitions} />}
          <Browse name={name} partitions={live?.partitions ?? []} />
        </div>
        {stream && (
          <Panel title="Definition">
            <div class="pad">
              <Facts
                facts={[
                  ['topic', <code>{stream.topic}</code>],
                  ['partitions', stream.partitions],
                  ['kept for', stream.retentionMs === null ? 'for ever' : span(stream.retentionMs / 1000)],
                  ['kept up to', stream.retentionBytes === null ? 'any size' : bytes(stream.retentionBytes)],
                  ['default type', stream.defaultType ?? '–'],
                  ['schema', stream.schema === null ? 'none' : 'checked at the door'],
                  ['made', <Time at={stream.createdAt} show="day" />],
                ]}
              />
            </div>
          </Panel>
        )}
      </div>
    </>
  )
}
