import type { KeyQueue, SubscriptionStatus } from '../../api/subscription-shapes.ts'
import { Id } from '../../parts/copy.tsx'
import { Panel } from '../../parts/page.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { Time } from '../../parts/time.tsx'
import { journeyPath } from '../../router/paths.ts'
import { count, counted } from '../../words/numbers.ts'

/** Which keys stand still, and behind what. */
export function LongestQueues({ status: { longestQueues, blockedKeys } }: { status: SubscriptionStatus }) {
  if (longestQueues === null || longestQueues.length === 0) return null
  return (
    <Panel title="Longest queues by key" aside={`${counted(blockedKeys ?? longestQueues.length, 'key')} blocked`}>
      <Scroll label="Longest queues by key">
        <table>
          <caption class="vh">Longest queues by key</caption>
          <thead>
            <tr>
              <th>Key</th>
              <th class="num">Waiting</th>
              <th>Since</th>
              <th>Head of line</th>
            </tr>
          </thead>
          <tbody>
            {longestQueues.map((queue) => (
              <Row key={queue.head} queue={queue} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  )
}

function Row({ queue: { key, waiting, position, since } }: { queue: KeyQueue }) {
  return (
    <tr data-row>
      <td>
        <Id id={key} />
      </td>
      <td class="num">{count(waiting)}</td>
      <td>
        <Time at={since} />
      </td>
      <td class="mono">
        <a class="link" href={journeyPath(position)}>
          {position}
        </a>
      </td>
    </tr>
  )
}
