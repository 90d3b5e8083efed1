import { Drawer } from '../parts/drawer.tsx'
import { Icon } from '../parts/icon.tsx'
import { Facts } from '../parts/page.tsx'
import { tryTo } from '../parts/try-to.ts'
import { session, signOut } from '../session.ts'
import { close } from './overlays.ts'
import { places } from './places.ts'
import { singleKeys, toggleTheme, toggleZone } from './preferences.ts'

const keys: readonly (readonly [readonly string[], string])[] = [
  [['/'], 'find or do'],
  [['Ctrl', 'K'], 'find or do, also from a field'],
  ...places.flatMap(({ key, name }) => (key === undefined ? [] : [[['g', key], name] as [string[], string]])),
  [['j', 'k'], 'move in a list'],
  [['Enter'], 'open'],
  [['x'], 'select in dead letters'],
  [['r'], 'redrive what is selected (asks)'],
  [['Space', '.'], 'hold and step the tail'],
  [['p'], 'pause or resume a subscription (asks)'],
  [['y'], 'copy link'],
  [['z'], 'switch the zone of times'],
  [['u'], 'undo'],
  [['Esc'], 'close what is on top'],
]

/** All keys, and the switch for those who do not want them. */
export function Help() {
  return (
    <Drawer title="Keys" text="Single keys do nothing while a field has focus." onClose={close}>
      <dl class="facts keys">
        {keys.map(([strokes, what]) => (
          <div key={what}>
            <dt class="keyhint">
              {strokes.map((stroke) => (
                <kbd key={stroke}>{stroke}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label class="row gap">
        <input
          type="checkbox"
          class="ck"
          checked={singleKeys.value}
          onChange={(event) => (singleKeys.value = event.currentTarget.checked)}
        />
        Single keys do something
      </label>
    </Drawer>
  )
}

/** Who is signed in, and the way out. */
export function Account() {
  const { name = '', keyId = '', scopes = [] } = session.value ?? {}
  return (
    <Drawer title="Signed in" onClose={close} footer={<SignOut />}>
      <Facts
        facts={[
          ['key', name],
          ['id', <code>{keyId}</code>],
          ['scopes', scopes.join(', ')],
        ]}
      />
      <div class="btns gap">
        <button type="button" class="btn" onClick={toggleTheme}>
          <Icon name="theme" />
          Switch theme
        </button>
        <button type="button" class="btn" onClick={toggleZone}>
          Switch zone of times
        </button>
      </div>
    </Drawer>
  )
}

function SignOut() {
  return (
    <button
      type="button"
      class="btn"
      onClick={() => {
        close()
        tryTo(signOut)
      }}
    >
      Sign out
    </button>
  )
}

/** The screens that the five tabs of a phone leave out. */
export function More() {
  return (
    <Drawer title="All screens" onClose={close}>
      <ul class="more-list">
        {places.map(({ name, path, icon }) => (
          <li key={path}>
            <a href={path} onClick={close}>
              <Icon name={icon} />
              {name}
            </a>
          </li>
        ))}
      </ul>
    </Drawer>
  )
}
