import type { SubscriptionState } from '../../api/state-shapes.ts'
import { Panel } from '../../parts/page.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { listPath, paths } from '../../router/paths.ts'
import { count } from '../../words/numbers.ts'

/** Where its backlog stands, by partition. */
export function Partitions({ live }: { live: SubscriptionState }) {
  return (
    <Panel
      title="Partitions"
      aside={
        <a class="link" href={listPath(paths.consumers, { group: live.name })}>
          Owners over time
        </a>
      }
    >
      <Scroll label="Partitions">
        <table>
          <caption class="vh">Partitions</caption>
          <thead>
            <tr>
              <th>Partition</th>
              <th>Owner</th>
              <th class="num">Waiting</th>
              <th class="num">Committed</th>
              <th class="num">In flight</th>
              <th class="num">Blocked keys</th>
            </tr>
          </thead>
          <tbody>
            {live.partitions.map(({ partition, owner, committed, end, inFlight, blockedKeys }) => (
              <tr key={partition}>
                <td>{partition}</td>
                <td>{owner ?? <span class="muted">nobody yet</span>}</td>
                <td class="num">{count(Math.max(0, end - committed))}</td>
                <td class="num mono">{count(committed)}</td>
                <td class="num">{count(inFlight)}</td>
                <td class="num">{blockedKeys > 0 ? <b class="held">{count(blockedKeys)}</b> : '0'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  )
}
