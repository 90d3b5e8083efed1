import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { State } from '../../api/state-shapes.ts'
import { now } from '../../live/now.ts'
import { Icon } from '../../parts/icon.tsx'
import { Time } from '../../parts/time.tsx'
import { summary } from '../../shell/badges.ts'
import { span } from '../../words/times.ts'
import { type Attention, attentionOf } from './attention.ts'

/** What broke, since when, what to do; worst first. One line when all is well, saying what healed last. */
export function Notices({ state }: { state: State }) {
  const attention = attentionOf(state, summary.value)
  const healed = useHealed(attention)
  if (attention.length === 0)
    return (
      <section class="notice calm" role="status" aria-label="What needs attention">
        <span class="st flow">
          <Icon name="ok" />
          Nothing needs attention
        </span>
        {healed.value && (
          <span class="muted">
            last: {healed.value.title}, over since <Time at={healed.value.at} show="clock" />
          </span>
        )}
      </section>
    )
  return (
    <section class="notice" role="status" aria-label="What needs attention">
      <div class="nh" aria-hidden="true">
        <span>What broke</span>
        <span>Since when</span>
        <span>What to do</span>
        <span />
      </div>
      {attention.map((one) => (
        <Article key={one.id} attention={one} />
      ))}
    </section>
  )
}

function Article({ attention: { kind, icon, tone, title, text, since, todo, action } }: { attention: Attention }) {
  return (
    <article class={kind}>
      <div>
        <h2 class={tone}>
          <Icon name={icon} />
          {title}
        </h2>
        {text && <p>{text}</p>}
      </div>
      <div class="since">
        {since && (
          <>
            <b>{span((now.value - Date.parse(since)) / 1000)}</b>
            <Time at={since} show="day" />
          </>
        )}
      </div>
      <div>
        <p class="lab" data-l="Do">
          {todo}
        </p>
      </div>
      <div class="btns">
        {action && (
          <a class={kind === 'is-held' ? 'btn main sm' : 'btn sm'} href={action.href}>
            {action.label}
          </a>
        )}
      </div>
    </article>
  )
}

/** The last thing that needed attention while this page was open and does not any more. */
function useHealed(attention: readonly Attention[]) {
  const before = useSignal<readonly Attention[]>([])
  const healed = useSignal<{ title: string; at: string } | undefined>(undefined)
  const ids = attention.map(({ id }) => id).join('\n')
  useEffect(() => {
    const gone = before.value.find((one) => !attention.some(({ id }) => id === one.id))
    if (gone !== undefined) healed.value = { title: gone.title, at: new Date().toISOString() }
    before.value = attention
  }, [ids])
  return useComputed(() => healed.value)
}
