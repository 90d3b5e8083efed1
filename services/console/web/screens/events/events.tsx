import { addressOf } from '../../api/client.ts'
import type { EventRecord } from '../../api/shapes.ts'
import { state } from '../../live/live.ts'
import { Copy, CopyButton } from '../../parts/copy.tsx'
import { Empty, LoadingRows } from '../../parts/empty.tsx'
import { type Filter, Filters } from '../../parts/filters.tsx'
import { Head } from '../../parts/page.tsx'
import { MoreButton, usePages } from '../../parts/pages.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { usePublishCommand } from '../../parts/publish-command.ts'
import { Scroll } from '../../parts/scroll.tsx'
import { Time } from '../../parts/time.tsx'
import { journeyPath, streamPath } from '../../router/paths.ts'
import { query } from '../../router/router.ts'
import { curlOf } from '../../words/curl.ts'
import { shortened } from '../../words/ids.ts'
import { bytes } from '../../words/numbers.ts'

const names = ['id', 'key', 'type', 'stream', 'source', 'since', 'until'] as const

/** Every event that was stored, newest first; from here to the journey of one. */
export function Events() {
  const asked = Object.fromEntries(names.map((name) => [name, query.value[name]]))
  const pages = usePages<EventRecord>('/v1/events', asked)
  const filters: Filter[] = [
    { name: 'id', label: 'id', hint: 'the whole id' },
    { name: 'key', label: 'key', hint: 'customer-77' },
    { name: 'type', label: 'type', hint: 'order.created' },
    { name: 'stream', label: 'stream', options: state.value?.streams.map(({ name }) => name) ?? [] },
    { name: 'source', label: 'source' },
    { name: 'since', label: 'since', hint: '2026-11-21T10:00:00Z' },
    { name: 'until', label: 'until', hint: '2026-11-21T11:00:00Z' },
  ]
  const isNarrowed = names.some((name) => query.value[name] !== undefined)
  const rows = pages.items.value
  return (
    <>
      <Head
        title="Events"
        name="Events"
        text="Every event that was accepted, newest first. Open one to see where it went, and why."
      >
        <CopyButton label="Copy as curl" text={curlOf({ url: location.origin + addressOf('/v1/events', asked) })} />
      </Head>
      <Filters filters={filters} />
      {pages.problem.value && <ProblemBox problem={pages.problem.value} retry={pages.reload} />}
      <section class="panel" aria-label="Events">
        <Scroll label="Events, newest first">
          <table class="cards" aria-busy={pages.isLoading.value}>
            <caption class="vh">Events, newest first</caption>
            <thead>
              <tr>
                <th>Event</th>
                <th>Type</th>
                <th>Key</th>
                <th>Stream</th>
                <th class="num">Size</th>
                <th class="num">Stored</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((event) => (
                <EventRow key={event.position} event={event} />
              ))}
              {rows.length === 0 && pages.isLoading.value && <LoadingRows columns={6} />}
            </tbody>
          </table>
        </Scroll>
        <div class="foot">
          <span>{rows.length} shown</span>
          <MoreButton pages={pages} />
          <span class="grow" />
          <span class="row hide-s">
            <kbd>j</kbd>
            <kbd>k</kbd> move <kbd>Enter</kbd> open
          </span>
        </div>
      </section>
      {rows.length === 0 &&
        !pages.isLoading.value &&
        pages.problem.value === undefined &&
        (isNarrowed ? <NothingMatches /> : <NoEvents />)}
    </>
  )
}

function EventRow({
  event: { id, position, type, key, stream, partition, offset, bytes: size, storedAt },
}: {
  event: EventRecord
}) {
  return (
    <tr data-row>
      <td class="mono">
        <a class="link" href={journeyPath(position)} title={id}>
          {shortened(id)}
        </a>
        <Copy text={id} />
      </td>
      <td class="mono">{type}</td>
      <td class="mono">{key ?? <span class="muted">–</span>}</td>
      <td class="hide-s">
        <a class="link" href={streamPath(stream, { partition: String(partition), from: String(offset) })}>
          {stream}
        </a>{' '}
        <span class="muted">
          {partition} / {offset}
        </span>
      </td>
      <td class="num hide-s">{bytes(size)}</td>
      <td class="num">
        <Time at={storedAt} />
      </td>
    </tr>
  )
}

const NothingMatches = () => (
  <Empty title="No event matches">
    Every filter has to match: remove one above. An event older than the retention of its stream is gone from here, its
    deliveries and dead letters are not.
  </Empty>
)

const NoEvents = () => (
  <Empty title="No events yet" command={usePublishCommand('demo')}>
    What publishers send is listed here a moment after it was stored.
  </Empty>
)
