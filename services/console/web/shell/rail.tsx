import { state } from '../live/live.ts'
import { now } from '../live/now.ts'
import { Icon } from '../parts/icon.tsx'
import { address } from '../router/router.ts'
import { session } from '../session.ts'
import { count } from '../words/numbers.ts'
import { clock, zoneName } from '../words/times.ts'
import { badges } from './badges.ts'
import { open } from './overlays.ts'
import { isAt, type Place, placeGroups, places } from './places.ts'
import { zone } from './preferences.ts'

/** The way to each screen; icons only on narrower pages. */
export function Rail() {
  return (
    <nav class="rail" aria-label="Console">
      {placeGroups.map((group) => (
        <div key={group.name}>
          <h2>{group.name}</h2>
          {group.places.map((place) => (
            <PlaceLink key={place.path} place={place} />
          ))}
        </div>
      ))}
      <footer>
        {session.value?.name} · {strongestScope(session.value?.scopes ?? [])}
        <br />
        {state.value && <>Figures of {clock(Date.parse(state.value.at), zone.value)}</>}
        <br />
        Times in {zoneName(now.value, zone.value)}
      </footer>
    </nav>
  )
}

function PlaceLink({ place: { name, path, icon } }: { place: Place }) {
  const { held, deadLetters } = badges.value
  return (
    <a href={path} aria-current={isAt(path, address.value.path) ? 'page' : undefined} title={name}>
      <Icon name={icon} />
      {name}
      {name === 'Subscriptions' && held > 0 && (
        <span class="n held">
          <Icon name="gatedown" small />
          {held}
          <span class="vh"> held</span>
        </span>
      )}
      {name === 'Dead letters' && deadLetters > 0 && <span class="n silt">{count(deadLetters)}</span>}
    </a>
  )
}

/** The five tabs of a phone; the other screens are behind "More". */
export function TabBar() {
  const short = ['Overview', 'Events', 'Subscriptions', 'Dead letters']
  return (
    <nav class="tabbar" aria-label="Console, short">
      {places
        .filter(({ name }) => short.includes(name))
        .map(({ name, path, icon }) => (
          <a key={path} href={path} aria-current={isAt(path, address.value.path) ? 'page' : undefined}>
            <Icon name={icon} />
            {name}
            {name === 'Dead letters' && badges.value.deadLetters > 0 && (
              <span class="n">{count(badges.value.deadLetters)}</span>
            )}
          </a>
        ))}
      <button type="button" onClick={() => open('more')}>
        <Icon name="menu" />
        More
      </button>
    </nav>
  )
}

const strongestScope = (scopes: readonly string[]) =>
  ['manage', 'operate', 'read'].find((scope) => scopes.includes(scope)) ?? 'no scope to read'
