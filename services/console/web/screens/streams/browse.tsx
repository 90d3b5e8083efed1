import { get } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import type { BrowsePage } from '../../api/shapes.ts'
import type { PartitionState } from '../../api/state-shapes.ts'
import { LoadingRows } from '../../parts/empty.tsx'
import { Panel } from '../../parts/page.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { Time } from '../../parts/time.tsx'
import { journeyPath } from '../../router/paths.ts'
import { query, setQuery } from '../../router/router.ts'
import { shortened } from '../../words/ids.ts'
import { bytes, count } from '../../words/numbers.ts'

const pageSize = 20

/** Some events of one partition, as they stand in the log: read from Kafka itself, not from the index. */
export function Browse({ name, partitions }: { name: string; partitions: readonly PartitionState[] }) {
  const partition = Number(query.value.partition ?? partitions[0]?.partition ?? 0)
  const end = partitions.find((one) => one.partition === partition)?.endOffset ?? 0
  const from = Number(query.value.from ?? Math.max(0, end - pageSize))
  const isKnown = partitions.length > 0
  const url = `/v1/streams/${encodeURIComponent(name)}/events`
  const page = useResource(`${url} ${partition} ${isKnown && from}`, (signal) =>
    get<BrowsePage>(url, { partition, from, limit: pageSize }, signal),
  )
  const go = (to: number) => setQuery({ partition: String(partition), from: String(Math.max(0, to)) }, true)
  const items = page.data.value?.items ?? []
  return (
    <Panel title="Browse" aside="in the order of the log, read from Kafka itself">
      <form class="filters browse" onSubmit={(event) => event.preventDefault()}>
        <label class="row">
          <span class="soft">partition</span>
          <select
            class="in short"
            value={partition}
            onChange={(event) => setQuery({ partition: event.currentTarget.value, from: undefined }, true)}
          >
            {partitions.map((one) => (
              <option key={one.partition}>{one.partition}</option>
            ))}
          </select>
        </label>
        <label class="row">
          <span class="soft">from offset</span>
          <input
            class="in short mono"
            inputMode="numeric"
            value={from}
            onChange={(event) => go(Number(event.currentTarget.value) || 0)}
          />
        </label>
        <button type="button" class="btn sm" disabled={from <= 0} onClick={() => go(from - pageSize)}>
          Earlier
        </button>
        <button type="button" class="btn sm" disabled={from + pageSize >= end} onClick={() => go(from + pageSize)}>
          Later
        </button>
        <span class="muted xs">ends at {count(end)}</span>
      </form>
      {page.problem.value && <ProblemBox problem={page.problem.value} retry={page.reload} />}
      <Scroll label="Events of partition">
        <table class="cards">
          <caption class="vh">Events of partition {partition}</caption>
          <thead>
            <tr>
              <th class="num">Offset</th>
              <th>Event</th>
              <th>Type</th>
              <th>Key</th>
              <th class="num">Size</th>
              <th class="num">Stored</th>
            </tr>
          </thead>
          <tbody>
            {items.map((event) => (
              <tr key={event.position} data-row>
                <td class="num mono">{count(event.offset)}</td>
                <td class="mono">
                  <a class="link" href={journeyPath(event.position)} title={event.id}>
                    {shortened(event.id)}
                  </a>
                </td>
                <td class="mono hide-s">{event.type}</td>
                <td class="mono">{event.key ?? '–'}</td>
                <td class="num hide-s">{bytes(event.bytes)}</td>
                <td class="num">
                  <Time at={event.storedAt} />
                </td>
              </tr>
            ))}
            {page.data.value === undefined && page.isLoading.value && <LoadingRows columns={6} />}
          </tbody>
        </table>
      </Scroll>
      {page.data.value && items.length === 0 && (
        <p class="pad soft">
          Nothing stands in partition {partition} from offset {count(from)} on.
        </p>
      )}
    </Panel>
  )
}
