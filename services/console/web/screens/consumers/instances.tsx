import type { Instance } from '../../api/state-shapes.ts'
import { now } from '../../live/now.ts'
import { Empty } from '../../parts/empty.tsx'
import { StateMark } from '../../parts/icon.tsx'
import { Panel } from '../../parts/page.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { Time } from '../../parts/time.tsx'
import { bytes, trimmed } from '../../words/numbers.ts'
import { span } from '../../words/times.ts'

const ready = { icon: 'ok', word: 'ready', tone: 'flow' } as const
const notReady = { icon: 'failed', word: 'not ready', tone: 'fail' } as const

/** Every process that reports, of all services. */
export function Instances({ instances }: { instances: readonly Instance[] }) {
  if (instances.length === 0)
    return (
      <Empty title="No instance reports" command="npx tailrace up">
        Instances tell of themselves through Redis, which does not answer, or none is running. Owners and lag below come
        from Kafka and are right all the same.
      </Empty>
    )
  return (
    <Panel title="Instances" aside="a heartbeat each second">
      <Scroll label="Instances">
        <table class="cards">
          <caption class="vh">Instances</caption>
          <thead>
            <tr>
              <th>Instance</th>
              <th>State</th>
              <th>Heartbeat</th>
              <th class="num">Up</th>
              <th class="num">Memory</th>
              <th class="num">Loop delay</th>
              <th class="num">Process</th>
            </tr>
          </thead>
          <tbody>
            {instances.map((instance) => (
              <InstanceRow key={instance.id} instance={instance} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  )
}

function InstanceRow({ instance }: { instance: Instance }) {
  return (
    <tr>
      <td>
        <b>{instance.id}</b> <span class="muted">{instance.service}</span>
      </td>
      <td>
        <StateMark look={instance.ready ? ready : notReady} />
      </td>
      <td class="hide-s">
        <Time at={instance.lastHeartbeatAt} />
      </td>
      <td class="num hide-s">{span((now.value - Date.parse(instance.startedAt)) / 1000)}</td>
      <td class="num hide-s">{bytes(instance.rssBytes)}</td>
      <td class="num hide-s">{trimmed(instance.loopDelayMs, 1)} ms</td>
      <td class="num mono">{instance.pid}</td>
    </tr>
  )
}
