import type { PartitionState } from '../../api/state-shapes.ts'
import { StateMark } from '../../parts/icon.tsx'
import { Panel } from '../../parts/page.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { setQuery } from '../../router/router.ts'
import { count } from '../../words/numbers.ts'

const replicas = 3
const inSyncLook = { icon: 'ok', word: '', tone: 'plain' } as const
const behindLook = { icon: 'failed', word: '', tone: 'fail' } as const

/** Leaders, replicas in sync, produce lanes. */
export function PartitionTable({ partitions }: { partitions: readonly PartitionState[] }) {
  return (
    <Panel title="Partitions" aside={`${replicas} replicas each, acknowledged by all that are in sync`}>
      <Scroll label="Partitions">
        <table>
          <caption class="vh">Partitions</caption>
          <thead>
            <tr>
              <th>Partition</th>
              <th>Leader</th>
              <th>In sync</th>
              <th class="num">Next offset</th>
              <th>Lane</th>
              <th>
                <span class="vh">Browse</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {partitions.map(({ partition, leader, inSync, endOffset, lane }) => (
              <tr key={partition}>
                <td>{partition}</td>
                <td>broker-{leader}</td>
                <td>
                  <StateMark look={inSync.length < replicas ? behindLook : inSyncLook}>{inSync.join(', ')}</StateMark>
                </td>
                <td class="num mono">{count(endOffset)}</td>
                <td class={lane === 'broken' ? 'fail' : 'soft'}>{lane ?? '–'}</td>
                <td class="num">
                  <button
                    type="button"
                    class="btn quiet sm"
                    onClick={() =>
                      setQuery({ partition: String(partition), from: String(Math.max(0, endOffset - 20)) }, true)
                    }
                  >
                    Newest
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  )
}
