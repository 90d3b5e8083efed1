import { get } from '../../api/client.ts'
import type { Delivery } from '../../api/journey-shapes.ts'
import { usePolling, useResource } from '../../api/resource.ts'
import type { List } from '../../api/shapes.ts'
import type { SubscriptionStatus } from '../../api/subscription-shapes.ts'
import { StateMark } from '../../parts/icon.tsx'
import { Panel } from '../../parts/page.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { Time } from '../../parts/time.tsx'
import { journeyPath } from '../../router/paths.ts'
import { counted } from '../../words/numbers.ts'
import { lookOfDelivery } from '../../words/states.ts'

const everyMs = 5_000
const shown = 8

/** What is blocked: the heads of keys that are tried again, each with the events of its key behind it. */
export function OpenDeliveries({ name, status }: { name: string; status: SubscriptionStatus }) {
  const list = useResource(`open ${name}`, (signal) =>
    get<List<Delivery & { key?: string | null }>>(
      '/v1/deliveries',
      { subscription: name, state: 'retrying', limit: shown },
      signal,
    ),
  )
  usePolling(list, everyMs)
  const items = list.data.value?.items ?? []
  const blocked = status.blockedKeys ?? 0
  return (
    <Panel
      title="Tried again"
      aside={`${counted(blocked, 'key')} blocked, ${counted(status.retrying ?? 0, 'delivery', 'deliveries')} in the retry topic`}
    >
      {items.length === 0 ? (
        <p class="pad soft">No delivery is being tried again: no key waits behind another event.</p>
      ) : (
        <Scroll label="Deliveries that are tried again">
          <table>
            <caption class="vh">Deliveries that are tried again</caption>
            <thead>
              <tr>
                <th>Head of line</th>
                <th>State</th>
                <th class="num">Attempts</th>
                <th>Next attempt</th>
                <th>Why</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ id, position, state, attempts, nextAttemptAt, because }) => (
                <tr key={id} data-row>
                  <td class="mono">
                    <a class="link" href={journeyPath(position)}>
                      {position}
                    </a>
                  </td>
                  <td>
                    <StateMark look={lookOfDelivery(state)} />
                  </td>
                  <td class="num">{attempts}</td>
                  <td>
                    <Time at={nextAttemptAt} />
                  </td>
                  <td class="clip">{because}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Panel>
  )
}
