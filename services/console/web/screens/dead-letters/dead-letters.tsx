import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { addressOf } from '../../api/client.ts'
import type { DeadLetter } from '../../api/job-shapes.ts'
import { CopyButton } from '../../parts/copy.tsx'
import { Empty } from '../../parts/empty.tsx'
import { type Filter, Filters } from '../../parts/filters.tsx'
import { Head } from '../../parts/page.tsx'
import { usePages } from '../../parts/pages.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { query, setQuery } from '../../router/router.ts'
import { readSummary, summary } from '../../shell/badges.ts'
import { curlOf } from '../../words/curl.ts'
import { count, counted } from '../../words/numbers.ts'
import { ActDrawer } from './act-drawer.tsx'
import { Causes } from './causes.tsx'
import { JobDrawer } from './job-drawer.tsx'
import { JobList } from './job-list.tsx'
import { LetterTable } from './letter-table.tsx'

const names = ['subscription', 'cause', 'key', 'type', 'since', 'until'] as const

/** How many different causes there are, which one grows, and the way to deliver what died. */
export function DeadLetters() {
  const asked = Object.fromEntries(names.map((name) => [name, query.value[name]]))
  const pages = usePages<DeadLetter>('/v1/dead-letters', asked)
  const selected = useSignal<ReadonlySet<string>>(new Set())
  const total = summary.value?.total
  useEffect(() => {
    selected.value = new Set()
  }, [addressOf('', asked)])
  // A job that ends, or a letter that comes, changes both the groups and the list below them.
  useEffect(pages.reload, [total])
  const filters: Filter[] = [
    {
      name: 'subscription',
      label: 'subscription',
      options: [...new Set(summary.value?.groups.map(({ subscription }) => subscription) ?? [])],
    },
    { name: 'cause', label: 'cause', options: [...new Set(summary.value?.groups.map(({ cause }) => cause) ?? [])] },
    { name: 'key', label: 'key' },
    { name: 'type', label: 'type' },
    { name: 'since', label: 'since', hint: '2026-11-21T10:00:00Z' },
    { name: 'until', label: 'until', hint: '2026-11-21T11:00:00Z' },
  ]
  function closeDrawer() {
    setQuery({ redrive: undefined, discard: undefined, ids: undefined, job: undefined }, true)
    readSummary()
    pages.reload()
  }
  return (
    <>
      <Head title="Dead letters" name="Dead letters" text={textOf(total, summary.value?.groups.length)}>
        <CopyButton
          label="Copy as curl"
          text={curlOf({ url: location.origin + addressOf('/v1/dead-letters', asked) })}
        />
      </Head>
      <Causes groups={summary.value?.groups ?? []} />
      {total === 0 && <NoDeadLetters />}
      {(total ?? 0) > 0 && (
        <>
          <div class="gap" />
          <Filters filters={filters} />
          {pages.problem.value && <ProblemBox problem={pages.problem.value} retry={pages.reload} />}
          <LetterTable pages={pages} selected={selected} />
        </>
      )}
      <JobList />
      {(query.value.redrive ?? query.value.discard) !== undefined && <ActDrawer onClose={closeDrawer} />}
      {query.value.job !== undefined && <JobDrawer id={query.value.job} onClose={closeDrawer} />}
    </>
  )
}

function textOf(total: number | undefined, causes: number | undefined): string {
  if (total === undefined || causes === undefined) return 'Reading…'
  if (total === 0) return 'None kept.'
  return `${count(total)} kept, ${counted(causes, 'cause')}. Each stays until it is redriven, discarded or expired.`
}

const NoDeadLetters = () => (
  <Empty title="No dead letters" command={curlOf({ url: `${location.origin}/v1/dead-letters` })}>
    Everything that could be delivered was. Deliveries that end without success wait here until you redrive them.
  </Empty>
)
