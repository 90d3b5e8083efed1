import type { State } from '../api/state-shapes.ts'
import type { IconName } from '../parts/sprite.tsx'
import { journeyPath, listPath, paths, streamPath, subscriptionPath } from '../router/paths.ts'
import { lookOfPhase } from '../words/states.ts'
import { places } from './places.ts'
import { toggleTheme, toggleZone } from './preferences.ts'

export type Item = {
  id: string
  group: string
  icon: IconName
  name: string
  note?: string
  isMono?: boolean
  keys?: readonly string[]
} & ({ href: string; run?: undefined } | { href?: undefined; run(): void })

/** Looks like an event id, a webhook id, a position, a delivery id or a trace id. */
const idForm = /^(evt_[\w-]{10,}|[0-9a-f]{8}-[0-9a-f-]{20,}|[a-z0-9-]+-\d+-\d+)$/i

/** What a text may stand for, best first. `> ` asks for commands only. */
export function itemsFor(text: string, state: State | undefined, seen: { keys: readonly string[] }): Item[] {
  const wanted = text.replace(/^>\s*/, '').trim()
  const commands = commandItems().filter(({ name }) => contains(name, wanted))
  if (text.startsWith('>')) return commands
  const places = placeItems().filter(({ name }) => contains(name, wanted))
  if (wanted === '') return [...places, ...commands]
  return [
    ...(idForm.test(wanted) || wanted.length > 20 ? [journeyItem(wanted)] : []),
    ...subscriptionItems(state).filter(({ name }) => contains(name, wanted)),
    ...streamItems(state).filter(({ name }) => contains(name, wanted)),
    ...keyItems(wanted, seen.keys),
    ...places,
    ...commands,
  ]
}

function journeyItem(id: string): Item {
  return {
    id: `event ${id}`,
    group: 'Event',
    icon: 'events',
    name: id,
    note: 'its journey',
    isMono: true,
    href: journeyPath(id),
  }
}

function subscriptionItems(state: State | undefined): Item[] {
  return (state?.subscriptions ?? []).map(({ name, phase }) => ({
    ...{ id: `subscription ${name}`, group: 'Subscriptions', icon: lookOfPhase(phase).icon, name },
    ...{ note: lookOfPhase(phase).word, href: subscriptionPath(name) },
  }))
}

function streamItems(state: State | undefined): Item[] {
  return (state?.streams ?? []).map(({ name }) => ({
    ...{ id: `stream ${name}`, group: 'Streams', icon: 'streams' as const, name, href: streamPath(name) },
  }))
}

/** Keys of events: those just found, and the text itself, because any text may be one. */
function keyItems(text: string, keys: readonly string[]): Item[] {
  const events = keys.map((key): Item => keyItem(key, `Events of ${key}`, paths.events, 'key'))
  return [
    ...events,
    ...(keys.includes(text) ? [] : [keyItem(text, `Events with key ${text}`, paths.events, 'key')]),
    { ...keyItem(text, `Dead letters with key ${text}`, paths.deadLetters, 'dead'), group: 'Do' },
    { ...keyItem(text, `Tail only ${text}`, paths.tail, 'tail'), group: 'Do' },
  ]
}

function keyItem(key: string, name: string, path: string, icon: IconName): Item {
  return { id: `${path} ${key}`, group: 'Keys of events', icon, name, href: listPath(path, { key }) }
}

function placeItems(): Item[] {
  return places.map(({ name, path, icon, key }) => ({
    ...{ id: path, group: 'Go to', icon, name, href: path },
    ...(key !== undefined && { keys: ['g', key] }),
  }))
}

function commandItems(): Item[] {
  return [
    { id: 'new', group: 'Do', icon: 'plus', name: 'New subscription', href: paths.newSubscription },
    { id: 'theme', group: 'Do', icon: 'theme', name: 'Switch theme', run: toggleTheme },
    { id: 'zone', group: 'Do', icon: 'rotate', name: 'Switch zone of times', run: toggleZone, keys: ['z'] },
  ]
}

const contains = (name: string, wanted: string) => name.toLowerCase().includes(wanted.toLowerCase())
