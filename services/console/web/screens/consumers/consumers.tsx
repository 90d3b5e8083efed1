import { state } from '../../live/live.ts'
import { moves } from '../../live/owners.ts'
import { LoadingPanel } from '../../parts/empty.tsx'
import { Head } from '../../parts/page.tsx'
import { Segments } from '../../parts/segments.tsx'
import { Time } from '../../parts/time.tsx'
import { query, setQuery } from '../../router/router.ts'
import { counted } from '../../words/numbers.ts'
import { Grid } from './grid.tsx'
import { Instances } from './instances.tsx'
import { Timeline } from './timeline.tsx'

/** Who owns which partition, when that changed, what it cost. */
export function Consumers() {
  if (state.value === undefined) return <LoadingPanel />
  const { subscriptions, instances } = state.value
  const consumers = instances.filter(({ service }) => service === 'consumer')
  const chosen = subscriptions.find(({ name }) => name === query.value.group) ?? subscriptions[0]
  const last = moves.value[0]
  return (
    <>
      <Head
        title="Consumers"
        name="Consumers"
        text={
          <>
            {counted(consumers.length, 'instance')} run {counted(subscriptions.length, 'group')}.{' '}
            {last === undefined ? (
              'No partition has moved since this page was opened.'
            ) : (
              <>
                Last change of owners <Time at={new Date(last.atMs).toISOString()} />.
              </>
            )}
          </>
        }
      />
      <Instances instances={instances} />
      {chosen !== undefined && (
        <>
          <div class="filters">
            <Segments
              label="Group"
              value={chosen.name}
              onChange={(group) => setQuery({ group }, true)}
              options={subscriptions.map(({ name }) => ({ value: name, label: name }))}
            />
          </div>
          <Grid subscription={chosen} consumers={consumers} />
          <Timeline subscription={chosen} />
        </>
      )}
    </>
  )
}
