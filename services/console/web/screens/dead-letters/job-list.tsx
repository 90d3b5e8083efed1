import { get } from '../../api/client.ts'
import type { Job } from '../../api/job-shapes.ts'
import { usePolling, useResource } from '../../api/resource.ts'
import type { List } from '../../api/shapes.ts'
import { StateMark } from '../../parts/icon.tsx'
import { Panel } from '../../parts/page.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { Time } from '../../parts/time.tsx'
import { jobPath } from '../../router/paths.ts'
import { count } from '../../words/numbers.ts'
import { lookOfJob } from '../../words/states.ts'

const everyMs = 5_000
const shown = 10

/** Redrives, replays and discards, newest first. */
export function JobList() {
  const list = useResource('jobs', (signal) => get<List<Job>>('/v1/jobs', { limit: shown }, signal))
  usePolling(list, everyMs)
  const items = list.data.value?.items ?? []
  if (items.length === 0) return null
  return (
    <div class="gap">
      <Panel title="Jobs" aside="redrives, replays and discards">
        <Scroll label="Jobs">
          <table class="cards">
            <caption class="vh">Jobs</caption>
            <thead>
              <tr>
                <th>Job</th>
                <th>State</th>
                <th>What</th>
                <th class="num">Done</th>
                <th class="num">Failed again</th>
                <th class="num">Asked</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ id, kind, state, matched, done, deadLettered, createdAt }) => (
                <tr key={id}>
                  <td class="mono">
                    <a class="link" href={jobPath(id)}>
                      {id}
                    </a>
                  </td>
                  <td>
                    <StateMark look={lookOfJob(state)} />
                  </td>
                  <td class="hide-s">{kind}</td>
                  <td class="num hide-s">
                    {count(done)} of {count(matched)}
                  </td>
                  <td class="num hide-s">{count(deadLettered)}</td>
                  <td class="num">
                    <Time at={createdAt} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </Panel>
    </div>
  )
}
