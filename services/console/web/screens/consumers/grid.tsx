import type { Instance, PairState, SubscriptionState } from '../../api/state-shapes.ts'
import { Panel } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { count, counted } from '../../words/numbers.ts'

/** Members × partitions of one group. */
export function Grid({ subscription, consumers }: { subscription: SubscriptionState; consumers: readonly Instance[] }) {
  const { name, partitions } = subscription
  const unknown = partitions
    .map(({ owner }) => owner)
    .filter((owner) => owner && !consumers.some(({ id }) => id === owner))
  const members = [...consumers.map(({ id }) => id), ...new Set(unknown)].filter((id) => typeof id === 'string')
  const columns = { gridTemplateColumns: `190px repeat(${partitions.length}, minmax(96px, 1fr))` }
  return (
    <Panel
      title="Members and partitions"
      beside={<span class="mono soft">{name}</span>}
      aside="stream and retry partition of one number always share an owner"
    >
      <div class="pgrid" style={columns} tabIndex={0} role="region" aria-label="Members and partitions">
        <div class="gh">Member</div>
        {partitions.map(({ partition }) => (
          <div class="gh" key={partition}>
            partition {partition}
          </div>
        ))}
        {members.map((id) => (
          <MemberRow key={id} id={id} partitions={partitions} instance={consumers.find((one) => one.id === id)} />
        ))}
        {partitions.some(({ owner }) => !owner) && <MemberRow id={null} partitions={partitions} instance={undefined} />}
      </div>
      <div class="foot">Cell: waiting, committed offset, deliveries in flight, blocked keys</div>
    </Panel>
  )
}

type RowProps = { id: string | null; partitions: readonly PairState[]; instance: Instance | undefined }

function MemberRow({ id, partitions, instance }: RowProps) {
  const own = partitions.filter(({ owner }) => (owner ?? null) === id)
  const inFlight = own.reduce((sum, pair) => sum + pair.inFlight, 0)
  return (
    <>
      <div class="first-cell">
        <b class={id === null ? 'held' : ''}>{id ?? 'nobody'}</b>
        <p class="muted">
          {instance ? (
            <>
              <Time at={instance.lastHeartbeatAt} /> · {counted(inFlight, 'in flight', 'in flight')}
            </>
          ) : (
            'no heartbeat'
          )}
        </p>
      </div>
      {partitions.map((pair) =>
        (pair.owner ?? null) === id ? (
          <div class={id === null ? 'cell gone' : 'cell own'} key={pair.partition}>
            <b>{count(Math.max(0, pair.end - pair.committed))} waiting</b>
            <small>at {count(pair.committed)}</small>
            <small>
              {pair.inFlight} in flight{pair.blockedKeys > 0 ? `, ${counted(pair.blockedKeys, 'blocked key')}` : ''}
            </small>
          </div>
        ) : (
          <div class="cell none" key={pair.partition}>
            <span class="vh">not assigned</span>·
          </div>
        ),
      )}
    </>
  )
}
