import type { Delivery } from '../../api/journey-shapes.ts'
import { editSubscriptionPath, journeyPath, listPath, paths, subscriptionPath } from '../../router/paths.ts'
import { placeOf } from '../../words/ids.ts'

const labels: Readonly<Record<string, string>> = {
  filtered: 'Rule that said no',
  'dead-lettered': 'Cause',
  retrying: 'Why it waits',
  waiting: 'Why it waits',
  held: 'Why it waits',
  queued: 'Why it waits',
}

/** Every silence has a reason: the rule or decision behind it, quoted, and the way to it. */
export function Why({ delivery }: { delivery: Delivery }) {
  const { state, because } = delivery
  return (
    <div class="why">
      <span class="muted">{labels[state] ?? 'Reason'}</span>
      {state === 'filtered' && because !== null ? (
        <Rule because={because} />
      ) : (
        <span>{because ?? reasons[state] ?? 'No reason was recorded.'}</span>
      )}
      <WayThere delivery={delivery} />
    </div>
  )
}

const reasons: Readonly<Record<string, string>> = {
  queued: 'It is read from the log, and its turn has not come yet.',
  held: 'No target of the subscription takes events now. It is sent when one is back; no attempt is used up.',
  paused: 'The subscription is paused. It is delivered after resume.',
  unknown: 'What came of it was lost in a crash; the event itself was settled.',
  expired: 'Retention took it before it could be delivered.',
  skipped: 'The subscription was moved past it.',
  discarded: 'Somebody decided that it should not be delivered any more.',
}

/** The part that decided stands out: what follows the last "not in", or the type at the beginning. */
function Rule({ because }: { because: string }) {
  const parts = /^(type )(\S+)( is not in )(.+)$/.exec(because)
  if (parts === null) return <span class="rule">{because}</span>
  return (
    <span class="rule">
      type is one of {parts[4]} → <u>{parts[2]}</u>
    </span>
  )
}

function WayThere({ delivery: { state, behind, position, subscription, id } }: { delivery: Delivery }) {
  const stream = placeOf(position)?.name
  const ahead = behind ? placeOf(behind) : undefined
  if (state === 'filtered') return <Link href={editSubscriptionPath(subscription)}>Edit filter</Link>
  if (ahead !== undefined)
    return <Link href={journeyPath(`${stream}-${ahead.partition}-${ahead.offset}`)}>The one before</Link>
  if (state === 'dead-lettered')
    return <Link href={listPath(paths.deadLetters, { subscription, id })}>In the list</Link>
  return <Link href={subscriptionPath(subscription)}>Subscription</Link>
}

const Link = ({ href, children }: { href: string; children: string }) => (
  <a class="link" href={href}>
    {children}
  </a>
)
