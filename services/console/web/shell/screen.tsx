import type { JSX } from 'preact'
import { Empty } from '../parts/empty.tsx'
import { Head } from '../parts/page.tsx'
import { matchPath } from '../router/address.ts'
import { paths } from '../router/paths.ts'
import { address } from '../router/router.ts'
import { lazy } from './lazy.tsx'

// Each screen is a script of its own: none loads more than it shows.
const Audit = lazy(() => import('../screens/audit/audit.tsx').then((screen) => screen.Audit))
const Consumers = lazy(() => import('../screens/consumers/consumers.tsx').then((screen) => screen.Consumers))
const DeadLetters = lazy(() => import('../screens/dead-letters/dead-letters.tsx').then((screen) => screen.DeadLetters))
const Events = lazy(() => import('../screens/events/events.tsx').then((screen) => screen.Events))
const Journey = lazy(() => import('../screens/journey/journey.tsx').then((screen) => screen.Journey))
const Keys = lazy(() => import('../screens/keys/keys.tsx').then((screen) => screen.Keys))
const Overview = lazy(() => import('../screens/overview/overview.tsx').then((screen) => screen.Overview))
const Stream = lazy(() => import('../screens/streams/stream.tsx').then((screen) => screen.Stream))
const Streams = lazy(() => import('../screens/streams/streams.tsx').then((screen) => screen.Streams))
const EditSubscription = lazy(() =>
  import('../screens/subscriptions/editor.tsx').then((screen) => screen.EditSubscription),
)
const NewSubscription = lazy(() =>
  import('../screens/subscriptions/editor.tsx').then((screen) => screen.NewSubscription),
)
const Subscription = lazy(() =>
  import('../screens/subscriptions/subscription.tsx').then((screen) => screen.Subscription),
)
const Subscriptions = lazy(() =>
  import('../screens/subscriptions/subscriptions.tsx').then((screen) => screen.Subscriptions),
)
const Tail = lazy(() => import('../screens/tail/tail.tsx').then((screen) => screen.Tail))

type Route = { pattern: string; render(parameters: Record<string, string>): JSX.Element }

/** Addresses and what they show; the first that matches. */
const routes: readonly Route[] = [
  { pattern: paths.overview, render: () => <Overview /> },
  { pattern: paths.events, render: () => <Events /> },
  { pattern: '/events/:id', render: ({ id = '' }) => <Journey key={id} id={id} /> },
  { pattern: paths.tail, render: () => <Tail /> },
  { pattern: paths.subscriptions, render: () => <Subscriptions /> },
  { pattern: paths.newSubscription, render: () => <NewSubscription /> },
  { pattern: '/subscriptions/:name', render: ({ name = '' }) => <Subscription key={name} name={name} /> },
  { pattern: '/subscriptions/:name/edit', render: ({ name = '' }) => <EditSubscription key={name} name={name} /> },
  { pattern: paths.deadLetters, render: () => <DeadLetters /> },
  { pattern: paths.consumers, render: () => <Consumers /> },
  { pattern: paths.streams, render: () => <Streams /> },
  { pattern: '/streams/:name', render: ({ name = '' }) => <Stream key={name} name={name} /> },
  { pattern: paths.keys, render: () => <Keys /> },
  { pattern: paths.audit, render: () => <Audit /> },
]

/** What the address asks for. */
export function Screen() {
  const { path } = address.value
  for (const { pattern, render } of routes) {
    const parameters = matchPath(pattern, path)
    if (parameters !== undefined) return render(parameters)
  }
  return (
    <>
      <Head title="Nothing is here" name="Nothing is here" />
      <Empty title={`There is no screen ${path}`}>Press / to find an event, a key, a subscription or a command.</Empty>
    </>
  )
}
