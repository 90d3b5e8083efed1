import { isSignedIn } from '../api/client.ts'
import { Announcer } from '../parts/announcer.tsx'
import { Sprite } from '../parts/sprite.tsx'
import { Toasts } from '../parts/toasts.tsx'
import { SignIn } from '../screens/sign-in.tsx'
import { ConnectionLine } from './connection-line.tsx'
import { overlay } from './overlays.ts'
import { Palette } from './palette.tsx'
import { Rail, TabBar } from './rail.tsx'
import { Screen } from './screen.tsx'
import { Account, Help, More } from './sheets.tsx'
import { Top } from './top.tsx'

/** The door, or the console behind it. */
export function App() {
  return (
    <>
      <Sprite />
      {isSignedIn.value === false ? <SignIn /> : <Console />}
      <Announcer />
    </>
  )
}

function Console() {
  return (
    <>
      <div class="app">
        <a class="skip" href="#main">
          Skip to content
        </a>
        <Top />
        <Rail />
        <main id="main" tabIndex={-1}>
          <ConnectionLine />
          <Screen />
        </main>
        <TabBar />
      </div>
      <Overlay />
      <Toasts />
    </>
  )
}

function Overlay() {
  switch (overlay.value) {
    case 'palette':
      return <Palette />
    case 'help':
      return <Help />
    case 'account':
      return <Account />
    case 'more':
      return <More />
    case null:
      return null
    default:
      return overlay.value satisfies never
  }
}
