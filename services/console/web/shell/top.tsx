import { computed } from '@preact/signals'
import { state } from '../live/live.ts'
import { totalsOf } from '../live/totals.ts'
import { Icon } from '../parts/icon.tsx'
import { session } from '../session.ts'
import { rate } from '../words/numbers.ts'
import { span } from '../words/times.ts'
import { Brand } from './brand.tsx'
import { open } from './overlays.ts'
import { toggleTheme } from './preferences.ts'

const totals = computed(() => (state.value === undefined ? undefined : totalsOf(state.value)))

/** Find or do, the figures of now, and what belongs to the reader. */
export function Top() {
  return (
    <header class="top">
      <Brand />
      <button type="button" class="find" onClick={() => open('palette')}>
        <Icon name="search" />
        <span class="clip grow">Paste any id, or find a key, subscription, command</span>
        <kbd aria-hidden="true">/</kbd>
      </button>
      <Vitals />
      <div class="tools">
        <button type="button" class="ib hide-s" aria-label="Switch theme" onClick={toggleTheme}>
          <Icon name="theme" />
        </button>
        <button type="button" class="ib hide-s" aria-label="Keyboard keys" onClick={() => open('help')}>
          <Icon name="help" />
        </button>
        <button
          type="button"
          class="ib"
          aria-label={`Signed in as ${session.value?.name ?? 'nobody'}`}
          onClick={() => open('account')}
        >
          <b>{session.value?.name.slice(0, 1).toUpperCase()}</b>
        </button>
      </div>
    </header>
  )
}

function Vitals() {
  if (totals.value === undefined) return <div class="vitals" />
  const { inRate, outRate, behindFlowing, behindHeld } = totals.value
  return (
    <div class="vitals" role="group" aria-label="Right now">
      <Vital name="In" value={rate(inRate)} />
      <Vital name="Out" value={rate(outRate)} />
      <Vital name="Behind, flowing" value={span(behindFlowing)} />
      {behindHeld !== null && <Vital name="Behind, held" value={span(behindHeld)} tone="held" />}
    </div>
  )
}

function Vital({ name, value, tone = '' }: { name: string; value: string; tone?: string }) {
  return (
    <div class="vital">
      <span>{name}</span>
      <b class={tone}>{value}</b>
    </div>
  )
}
