import type { SubscriptionState } from '../../api/state-shapes.ts'
import type { InstanceOpinion, Subscription } from '../../api/subscription-shapes.ts'
import { Icon, StateMark } from '../../parts/icon.tsx'
import { Panel } from '../../parts/page.tsx'
import { targetName } from '../../words/ids.ts'
import { lookOfBreaker } from '../../words/states.ts'

type Props = { subscription: Subscription; live: SubscriptionState | undefined }

/** What the instances think of each target. */
export function Breakers({ subscription: { status, destination }, live }: Props) {
  const targets = live?.targets ?? status.targets
  return (
    <Panel title="Breakers" aside="the gate shows the water, the word names the breaker">
      <div class="gates">
        <div class="gh">Target</div>
        <div class="gh">Breaker, all together</div>
        <div class="gh">By instance</div>
        {targets.map((target, index) => {
          const look = lookOfBreaker(target.breaker)
          const defined = destination.targets?.[index]
          return (
            <>
              <div>
                <b class="mono wrap-any">{targetName(target.url)}</b>
                <p class="muted">
                  {defined ? `weight ${defined.weight} · ` : ''}
                  {defined?.backup ? 'backup' : destination.balance}
                </p>
              </div>
              <div>
                <div class="gate-cell">
                  <span class={look.tone === 'plain' ? 'soft' : look.tone}>
                    <Icon name={look.icon} />
                  </span>
                  <b class={look.tone === 'plain' ? '' : look.tone}>{look.word}</b>
                  <p>{target.lastError ?? (target.healthy === false ? 'left out' : 'takes events')}</p>
                </div>
              </div>
              <Opinions all={status.targets.find(({ url }) => url === target.url)?.byInstance ?? []} />
            </>
          )
        })}
      </div>
    </Panel>
  )
}

/** Each instance finds out by itself; told by another one, it takes that over within a moment. */
function Opinions({ all }: { all: readonly InstanceOpinion[] }) {
  if (all.length === 0) return <div class="muted">No instance reports it.</div>
  return (
    <ul class="opinions">
      {all.map(({ instance, breaker, lastError }) => {
        const look = lookOfBreaker(breaker)
        return (
          <li key={instance} title={lastError ?? undefined}>
            <span>{instance}</span>
            <StateMark look={look} />
          </li>
        )
      })}
    </ul>
  )
}
