import type { State } from '../../api/state-shapes.ts'
import { CodeBox } from '../../parts/code.tsx'
import { Head } from '../../parts/page.tsx'
import { usePublishCommand } from '../../parts/publish-command.ts'
import { paths } from '../../router/paths.ts'
import { counted } from '../../words/numbers.ts'

/** Nothing flows yet: what to type next. Turns into the overview with the first event. */
export function FirstRun({ state }: { state: State }) {
  const stream = state.streams.find(({ name }) => name !== 'ops')?.name ?? 'demo'
  const publish = usePublishCommand(stream)
  const up = state.kafka.brokers.filter((broker) => broker.up).length
  const of = (service: string) => counted(state.instances.filter((one) => one.service === service).length, service)
  return (
    <div class="first">
      <Head
        title="Everything is up. The channel is dry."
        name="Overview"
        text={`${counted(up, 'broker')} in sync, ${of('producer')}, ${of('consumer')}. Two commands make it flow.`}
      />
      <section class="panel" aria-label="First steps">
        <div class="pad">
          <ol class="steps">
            <li class="now">
              <h2>Send an event</h2>
              <CodeBox text={publish} label="Command that sends an event" />
              <p class="wait-line">
                <span class="live" />
                <span>
                  Listening for the first event on <b>{stream}</b>. This page turns into the overview when it is there.
                </span>
              </p>
            </li>
            <li>
              <h2>Subscribe a receiver</h2>
              <p class="soft">
                {counted(state.subscriptions.length, 'subscription')} so far.{' '}
                <a class="link" href={paths.newSubscription}>
                  Make one here
                </a>
                , with a test send.
              </p>
            </li>
            <li>
              <h2>Break it</h2>
              <p class="soft">
                Stop your receiver and watch the subscription hold; start it again and watch it drain, in order. Or stop
                a broker: publishing goes on.
              </p>
            </li>
          </ol>
        </div>
      </section>
    </div>
  )
}
