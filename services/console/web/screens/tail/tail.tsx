import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { LiveDelivery } from '../../live/live.ts'
import { connection, onDeliveries, state } from '../../live/live.ts'
import { CopyButton } from '../../parts/copy.tsx'
import { Empty } from '../../parts/empty.tsx'
import { type Filter, Filters } from '../../parts/filters.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Head } from '../../parts/page.tsx'
import { query } from '../../router/router.ts'
import { forgetScreenKeys, screenKeys } from '../../shell/keys.ts'
import { rate } from '../../words/numbers.ts'
import { Histogram } from './histogram.tsx'
import { PauseBar } from './pause-bar.tsx'
import { Selected } from './selected.tsx'
import { TailTable } from './tail-table.tsx'
import { createTape, matchesTail, wordsOfState } from './tape.ts'

const names = ['subscription', 'state', 'key', 'type'] as const

/** What happens right now; and what was missed while paused. */
export function Tail() {
  const tape = useComputed(createTape).value
  const selected = useSignal<LiveDelivery | undefined>(undefined)
  const wanted = Object.fromEntries(names.map((name) => [name, query.value[name]]))
  useEffect(() => onDeliveries(tape.add), [tape])
  useEffect(() => {
    screenKeys.value = { ' ': tape.toggle, '.': tape.step }
    return forgetScreenKeys
  }, [tape])
  const rows = tape.shown.value.filter((delivery) => matchesTail(delivery, wanted))
  const filters: Filter[] = [
    { name: 'subscription', label: 'subscription', options: state.value?.subscriptions.map(({ name }) => name) ?? [] },
    { name: 'state', label: 'outcome', options: wordsOfState },
    { name: 'key', label: 'key', hint: 'starts with' },
    { name: 'type', label: 'type', hint: 'starts with' },
  ]
  const isPaused = tape.pausedAt.value !== undefined
  return (
    <>
      <Head
        name="Live tail"
        text={`Deliveries as they settle, ${rate(tape.perSecond.value)}.`}
        title={
          <>
            Live tail{' '}
            <span class={isPaused || connection.value !== 'live' ? 'live off soft' : 'live soft'}>
              {isPaused ? 'paused' : connection.value === 'live' ? 'live' : 'stopped'}
            </span>
          </>
        }
      >
        <button type="button" class="btn" disabled={!isPaused} onClick={tape.step}>
          <Icon name="step" />
          Step <kbd>.</kbd>
        </button>
        <button type="button" class="btn main" onClick={tape.toggle}>
          <Icon name={isPaused ? 'play' : 'pause'} />
          {isPaused ? 'Resume' : 'Pause'} <kbd>Space</kbd>
        </button>
        <CopyButton text={location.href} label="Copy link" />
      </Head>
      <Filters filters={filters} />
      <Histogram tape={tape} />
      <div class="cols c-tail gap">
        <section class="panel" aria-label="Outcomes">
          <PauseBar tape={tape} />
          <TailTable rows={rows} selected={selected} />
          {rows.length === 0 && (
            <div class="pad">
              <Empty title="Waiting for the next delivery">
                Each delivery appears here when it is settled or an attempt of it failed.{' '}
                {query.value.subscription && 'Only what matches the filters is shown.'}
              </Empty>
            </div>
          )}
        </section>
        <Selected delivery={selected.value} />
      </div>
    </>
  )
}
