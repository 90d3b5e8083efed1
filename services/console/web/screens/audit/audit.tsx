import { addressOf } from '../../api/client.ts'
import type { AuditEntry } from '../../api/shapes.ts'
import { CopyButton } from '../../parts/copy.tsx'
import { Empty, LoadingRows } from '../../parts/empty.tsx'
import { Filters } from '../../parts/filters.tsx'
import { Head } from '../../parts/page.tsx'
import { MoreButton, usePages } from '../../parts/pages.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { Time } from '../../parts/time.tsx'
import { query } from '../../router/router.ts'
import { curlOf } from '../../words/curl.ts'
import { subjectOf, wordsOfAction } from './audit-words.ts'

const filters = [
  { name: 'since', label: 'since', hint: '2026-11-21T10:00:00Z' },
  { name: 'until', label: 'until', hint: '2026-11-21T11:00:00Z' },
]

/** Who changed what, when. */
export function Audit() {
  const asked = { since: query.value.since, until: query.value.until }
  const pages = usePages<AuditEntry>('/v1/audit', asked)
  const rows = pages.items.value
  return (
    <>
      <Head title="Audit" name="Audit" text="Each change an operator or key made, newest first; kept for 90 days.">
        <CopyButton label="Copy as curl" text={curlOf({ url: location.origin + addressOf('/v1/audit', asked) })} />
      </Head>
      <Filters filters={filters} />
      {pages.problem.value && <ProblemBox problem={pages.problem.value} retry={pages.reload} />}
      <section class="panel" aria-label="Audit">
        <Scroll label="Changes, newest first">
          <table class="cards">
            <caption class="vh">Changes, newest first</caption>
            <thead>
              <tr>
                <th>When</th>
                <th>Who</th>
                <th>Did what</th>
                <th>To what</th>
                <th>Answer</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((entry) => (
                <EntryRow key={`${entry.at} ${entry.path}`} entry={entry} />
              ))}
              {rows.length === 0 && pages.isLoading.value && <LoadingRows columns={5} />}
            </tbody>
          </table>
        </Scroll>
        <div class="foot">
          <span>{rows.length} shown</span>
          <MoreButton pages={pages} />
        </div>
      </section>
      {rows.length === 0 && !pages.isLoading.value && pages.problem.value === undefined && (
        <Empty title="Nothing was changed yet">
          Pauses, holds, redrives, new keys and every other change are written here, with who made them.
        </Empty>
      )}
    </>
  )
}

function EntryRow({ entry: { at, by, name, action, path, status } }: { entry: AuditEntry }) {
  const isRefused = status >= 400
  return (
    <tr data-row>
      <td>
        <Time at={at} />
      </td>
      <td title={by}>{name || by}</td>
      <td>
        <b>{wordsOfAction(action)}</b>
      </td>
      <td class="mono" title={path}>
        {subjectOf(path)}
      </td>
      <td class={isRefused ? 'hide-s fail' : 'hide-s muted'}>{isRefused ? `refused, ${status}` : status}</td>
    </tr>
  )
}
