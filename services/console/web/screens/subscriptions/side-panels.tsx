import { useSignal } from '@preact/signals'
import type { SubscriptionState } from '../../api/state-shapes.ts'
import type { Subscription } from '../../api/subscription-shapes.ts'
import { Id } from '../../parts/copy.tsx'
import { Icon, StateMark } from '../../parts/icon.tsx'
import { Facts, Panel } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { may } from '../../session.ts'
import { targetName } from '../../words/ids.ts'
import { span } from '../../words/times.ts'
import { AskRotate } from './ask-rotate.tsx'

export function TargetsPanel({
  subscription: { destination, delivery, status },
  live,
}: {
  subscription: Subscription
  live: SubscriptionState | undefined
}) {
  return (
    <Panel title="Targets" aside={destination.balance}>
      <table>
        <caption class="vh">Targets</caption>
        <tbody>
          {(live?.targets ?? status.targets).map(({ url, healthy, lastError }) => (
            <tr key={url} class="tall">
              <td class="wide">
                <span class="mono wrap-any">{targetName(url)}</span>
                <span class={healthy === false ? 'sub fail' : 'sub'}>
                  {lastError ?? (healthy === null ? 'not asked yet' : 'takes events')}
                </span>
              </td>
              <td class="num">{healthy === false ? 'down' : healthy === null ? '–' : 'up'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="foot">
        connect {span(delivery.connectTimeoutMs / 1000)}, answer {span(delivery.timeoutMs / 1000)}
      </div>
    </Panel>
  )
}

const newest = { icon: 'ok', word: 'newest', tone: 'flow' } as const
const before = { icon: 'waiting', word: 'before', tone: 'plain' } as const

export function SecretsPanel({ subscription, onChange }: { subscription: Subscription; onChange: () => void }) {
  const isAsking = useSignal(false)
  const { schemes, secrets } = subscription.signing
  const sorted = secrets.toSorted((one, other) => other.createdAt.localeCompare(one.createdAt))
  return (
    <Panel title="Signing secrets" aside={schemes.join(', ')}>
      <div class="pad stack-3">
        <dl class="facts">
          {sorted.map(({ createdAt, validUntil }, index) => (
            <>
              <dt>
                <StateMark look={index === 0 ? newest : before} />
              </dt>
              <dd>
                signs since <Time at={createdAt} show="day" />
                {validUntil && (
                  <span class="muted">
                    , until <Time at={validUntil} show="day" />
                  </span>
                )}
              </dd>
            </>
          ))}
        </dl>
        <div class="btns">
          <button
            type="button"
            class="btn sm"
            disabled={!may('manage')}
            title={may('manage') ? undefined : 'Needs the scope manage'}
            onClick={() => (isAsking.value = true)}
          >
            <Icon name="rotate" small />
            Rotate…
          </button>
        </div>
      </div>
      {isAsking.value && (
        <AskRotate
          name={subscription.name}
          onClose={() => {
            isAsking.value = false
            onChange()
          }}
        />
      )}
    </Panel>
  )
}

export function PolicyPanel({ subscription }: { subscription: Subscription }) {
  const { retry, delivery, group, uid, createdAt, updatedAt, destination } = subscription
  return (
    <Panel title="Policy">
      <div class="pad">
        <Facts
          facts={[
            ['retry after', retry.scheduleMs.map((ms) => span(ms / 1000)).join(', ')],
            ['give up after', `${span(retry.giveUpAfterMs / 1000)}, then dead letter`],
            [
              'rate limit',
              delivery.rateLimit === null
                ? 'none'
                : `${delivery.rateLimit.perSecond} /s, burst ${delivery.rateLimit.burst}`,
            ],
            ['body', destination.format ?? 'as published'],
            ['group', <Id id={group} />],
            ['uid', <code>{uid}</code>],
            ['made', <Time at={createdAt} show="day" />],
            ['changed', <Time at={updatedAt} show="day" />],
          ]}
        />
      </div>
    </Panel>
  )
}
