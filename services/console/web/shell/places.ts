import type { IconName } from '../parts/sprite.tsx'
import { paths } from '../router/paths.ts'

export type Place = { name: string; path: string; icon: IconName; key?: string }

/** The screens, as the rail groups them. `key`: after `g`. */
export const placeGroups: readonly { name: string; places: readonly Place[] }[] = [
  {
    name: 'Watch',
    places: [
      { name: 'Overview', path: paths.overview, icon: 'overview', key: 'o' },
      { name: 'Events', path: paths.events, icon: 'events', key: 'e' },
      { name: 'Live tail', path: paths.tail, icon: 'tail', key: 't' },
    ],
  },
  {
    name: 'Deliver',
    places: [
      { name: 'Subscriptions', path: paths.subscriptions, icon: 'subs', key: 's' },
      { name: 'Dead letters', path: paths.deadLetters, icon: 'dead', key: 'd' },
      { name: 'Consumers', path: paths.consumers, icon: 'consumers', key: 'c' },
    ],
  },
  {
    name: 'Set up',
    places: [
      { name: 'Streams', path: paths.streams, icon: 'streams' },
      { name: 'Keys', path: paths.keys, icon: 'key' },
      { name: 'Audit', path: paths.audit, icon: 'audit' },
    ],
  },
]

export const places = placeGroups.flatMap((group) => group.places)

/** Whether `path` is the place or lies below it. */
export function isAt(place: string, path: string): boolean {
  return place === '/' ? path === '/' : path === place || path.startsWith(`${place}/`)
}
