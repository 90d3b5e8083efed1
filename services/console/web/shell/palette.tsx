import { useComputed, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { get } from '../api/client.ts'
import { Refused } from '../api/problem.ts'
import type { EventRecord, List } from '../api/shapes.ts'
import { state } from '../live/live.ts'
import { Icon } from '../parts/icon.tsx'
import { useLayer } from '../parts/layers.ts'
import { navigate } from '../router/router.ts'
import { close } from './overlays.ts'
import { type Item, itemsFor } from './palette-items.ts'

const mostShown = 12
const typingPauseMs = 150

/** Find or do: any id, key, name or command from anywhere. The first result is chosen before the server has answered. */
export function Palette() {
  const box = useRef<HTMLDivElement>(null)
  const text = useSignal('')
  const chosen = useSignal(0)
  const keys = useSignal<readonly string[]>([])
  const items = useComputed(() => itemsFor(text.value, state.value, { keys: keys.value }).slice(0, mostShown))
  useLayer(box, close)
  useEffect(() => lookUpKeys(text.value.trim(), (found) => (keys.value = found)), [text.value])
  function run(item: Item | undefined) {
    if (item === undefined) return
    close()
    if (item.href === undefined) item.run()
    else navigate(item.href)
  }
  function onKeyDown(event: KeyboardEvent) {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) chosen.value = (chosen.value + step + items.value.length) % Math.max(1, items.value.length)
    else if (event.key === 'Enter') run(items.value[chosen.value])
    else return
    event.preventDefault()
  }
  return (
    <>
      <div class="scrim" onClick={close} aria-hidden="true" />
      <div class="palette" role="dialog" aria-modal="true" aria-label="Find or do" ref={box}>
        <div class="q">
          <Icon name="search" />
          <input
            role="combobox"
            aria-label="Find or do"
            aria-expanded="true"
            aria-controls="palette-items"
            aria-activedescendant={`palette-${chosen.value}`}
            autocomplete="off"
            spellcheck={false}
            placeholder="Any id, key, name or command"
            value={text.value}
            onKeyDown={onKeyDown}
            onInput={(event) => {
              text.value = event.currentTarget.value
              chosen.value = 0
            }}
          />
          <kbd>Esc</kbd>
        </div>
        <ul id="palette-items" role="listbox" aria-label="Results">
          {items.value.map((item, index) => (
            <Row
              key={item.id}
              item={item}
              index={index}
              isChosen={index === chosen.value}
              isFirstOfGroup={items.value[index - 1]?.group !== item.group}
              onRun={() => run(item)}
            />
          ))}
        </ul>
        <footer>
          <span class="row">
            <kbd>↑</kbd>
            <kbd>↓</kbd> move
          </span>
          <span class="row">
            <kbd>Enter</kbd> open
          </span>
          <span class="row">
            <kbd>&gt;</kbd> commands only
          </span>
        </footer>
      </div>
    </>
  )
}

type RowProps = { item: Item; index: number; isChosen: boolean; isFirstOfGroup: boolean; onRun: () => void }

function Row({ item, index, isChosen, isFirstOfGroup, onRun }: RowProps) {
  return (
    <>
      {isFirstOfGroup && (
        <li role="presentation" class="pl-h">
          {item.group}
        </li>
      )}
      <li role="option" id={`palette-${index}`} aria-selected={isChosen} onClick={onRun}>
        <Icon name={item.icon} />
        <span class={item.isMono ? 'clip mono' : 'clip'}>{item.name}</span>
        <span class="keyhint">
          {item.note}
          {item.keys?.map((key) => (
            <kbd key={key}>{key}</kbd>
          ))}
        </span>
      </li>
    </>
  )
}

/** Keys of events that are exactly what was typed. Nothing is asked while someone is still typing. */
function lookUpKeys(text: string, take: (keys: string[]) => void): () => void {
  const abort = new AbortController()
  if (text.length < 2 || text.startsWith('>')) {
    take([])
    return () => abort.abort()
  }
  const timer = setTimeout(async () => {
    try {
      const { items } = await get<List<EventRecord>>('/v1/events', { key: text, limit: 1 }, abort.signal)
      take([...new Set(items.flatMap(({ key }) => (key === null ? [] : [key])))])
    } catch (error) {
      if (!(error instanceof Refused) && !abort.signal.aborted) throw error
    }
  }, typingPauseMs)
  return () => {
    clearTimeout(timer)
    abort.abort()
  }
}
