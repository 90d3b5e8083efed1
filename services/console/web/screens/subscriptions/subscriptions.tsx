import { useComputed } from '@preact/signals'
import { get } from '../../api/client.ts'
import { usePolling, useResource } from '../../api/resource.ts'
import type { List } from '../../api/shapes.ts'
import type { Subscription } from '../../api/subscription-shapes.ts'
import { state } from '../../live/live.ts'
import { Empty, LoadingRows } from '../../parts/empty.tsx'
import { Filters } from '../../parts/filters.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Head } from '../../parts/page.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { Segments } from '../../parts/segments.tsx'
import { paths } from '../../router/paths.ts'
import { query, setQuery } from '../../router/router.ts'
import { may } from '../../session.ts'
import { curlOf } from '../../words/curl.ts'
import { counted, rate } from '../../words/numbers.ts'
import { lookOfPhase } from '../../words/states.ts'
import { useDeliveredHistory } from './delivered-history.ts'
import { SubscriptionRow } from './subscription-row.tsx'

const everyMs = 5_000
const views = ['all', 'held', 'paused', 'dead'] as const
type View = (typeof views)[number]

/** Who is behind, by how long, getting better or worse. */
export function Subscriptions() {
  const stream = query.value.stream
  const list = useResource(`subscriptions ${stream}`, (signal) =>
    get<List<Subscription>>('/v1/subscriptions', { stream, limit: 500 }, signal),
  )
  usePolling(list, everyMs)
  const history = useDeliveredHistory(list.data.value?.items.map(({ name }) => name) ?? [])
  const all = useComputed(() => list.data.value?.items ?? [])
  const view: View = views.find((one) => one === query.value.show) ?? 'all'
  const rows = all.value.filter((one) => isIn(view, one))
  return (
    <>
      <Head title="Subscriptions" name="Subscriptions" text={summaryOf(all.value)}>
        <a class="btn main" href={paths.newSubscription} aria-disabled={!may('manage')}>
          <Icon name="plus" />
          New subscription
        </a>
      </Head>
      <Filters
        filters={[{ name: 'stream', label: 'stream', options: state.value?.streams.map(({ name }) => name) ?? [] }]}
      >
        <Segments
          label="State"
          value={view}
          onChange={(next) => setQuery({ show: next === 'all' ? undefined : next }, true)}
          options={views.map((value) => ({
            value,
            label: `${labels[value]} ${all.value.filter((one) => isIn(value, one)).length}`,
          }))}
        />
      </Filters>
      {list.problem.value && <ProblemBox problem={list.problem.value} retry={list.reload} />}
      <section class="panel" aria-label="Subscriptions">
        <Scroll label="Subscriptions">
          <table class="cards">
            <caption class="vh">Subscriptions</caption>
            <thead>
              <tr>
                <th>Name</th>
                <th>State</th>
                <th>Behind, trend</th>
                <th class="num">Delivered</th>
                <th>Last hour</th>
                <th class="num">Retrying</th>
                <th class="num">Dead</th>
                <th>Targets</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((one) => (
                <SubscriptionRow
                  key={one.uid}
                  subscription={one}
                  delivered={history.value?.get(`delivered/${one.name}`) ?? []}
                />
              ))}
              {list.data.value === undefined && list.isLoading.value && <LoadingRows columns={8} rows={4} />}
            </tbody>
          </table>
        </Scroll>
        <div class="foot">
          <span class="row hide-s">
            <kbd>j</kbd>
            <kbd>k</kbd> move <kbd>Enter</kbd> open
          </span>
          <span class="grow" />
          <span>Gauge: 0.1 s to 1 h, marks at 1 s, 10 s, 1 m, 10 m</span>
        </div>
      </section>
      {list.data.value?.items.length === 0 && <NoSubscriptions />}
    </>
  )
}

const labels: Readonly<Record<View, string>> = { all: 'All', held: 'Held', paused: 'Paused', dead: 'With dead letters' }

function isIn(view: View, { status }: Subscription): boolean {
  if (view === 'all') return true
  return view === 'dead' ? (status.deadLetters ?? 0) > 0 : status.phase === view
}

function summaryOf(all: readonly Subscription[]): string {
  const streams = new Set(all.map(({ stream }) => stream)).size
  const phases = [...new Set(all.map(({ status }) => status.phase))]
  const parts = phases.map(
    (phase) => `${all.filter(({ status }) => status.phase === phase).length} ${lookOfPhase(phase).word}`,
  )
  const delivered = (state.value?.subscriptions ?? [])
    .map(({ eventsPerSecond }) => eventsPerSecond)
    .filter((value) => typeof value === 'number')
  const total = delivered.length === 0 ? '' : ` ${rate(delivered.reduce((sum, value) => sum + value, 0))} delivered.`
  return all.length === 0 ? 'None yet.' : `${all.length} on ${counted(streams, 'stream')}: ${parts.join(', ')}.${total}`
}

const NoSubscriptions = () => (
  <Empty title="No subscriptions" command={subscribe()}>
    A subscription sends each event of a stream to a receiver, signed and in order per key.
  </Empty>
)

const subscribe = () =>
  curlOf({
    method: 'PUT',
    url: `${location.origin}/v1/subscriptions/billing`,
    body: { stream: 'demo', destination: { targets: [{ url: 'https://billing.example/hooks' }] } },
  })
