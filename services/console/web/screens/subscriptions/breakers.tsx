import type { SubscriptionState } from '../../api/state-shapes.ts'
import type { Subscription } from '../../api/subscription-shapes.ts'
import { Icon } from '../../parts/icon.tsx'
import { Panel } from '../../parts/page.tsx'
import { targetName } from '../../words/ids.ts'
import { counted } from '../../words/numbers.ts'
import { lookOfBreaker } from '../../words/states.ts'

type Props = { subscription: Subscription; live: SubscriptionState | undefined }

/** What the instances think of each target. */
export function Breakers({ subscription: { status, destination }, live }: Props) {
  const targets = live?.targets ?? status.targets
  return (
    <Panel title="Breakers" aside="the gate shows the water, the word names the breaker">
      <div class="gates">
        <div class="gh">Target</div>
        <div class="gh">Breaker</div>
        <div class="gh">Instances</div>
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
              <div>
                <b>
                  {target.instances - target.openOn} of {target.instances}
                </b>
                <p class="muted">
                  {target.openOn === 0 ? 'none has it open' : `open on ${counted(target.openOn, 'instance')}`}
                </p>
              </div>
            </>
          )
        })}
      </div>
    </Panel>
  )
}
