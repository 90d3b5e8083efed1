import type { Subscription } from '../../api/subscription-shapes.ts'
import { CodeBox } from '../../parts/code.tsx'
import { Panel } from '../../parts/page.tsx'
import { subscriptionPath } from '../../router/paths.ts'
import { TestForm } from './test-send.tsx'

/** The last step: the secret, which is shown only now, and a test send. */
export function Made({ subscription }: { subscription: Subscription }) {
  const { name, signingSecret } = subscription
  return (
    <div class="cols c-2">
      <Panel title={`${name} is made`}>
        <div class="pad">
          <ol class="steps">
            <li class="now">
              <h3>Give the receiver its secret</h3>
              {signingSecret ? (
                <CodeBox text={signingSecret} label="Signing secret" />
              ) : (
                <p class="soft">It has the secret it had.</p>
              )}
              <p class="hint">
                Shown only now. The receiver checks webhook-signature with it (Standard Webhooks, any library).
              </p>
            </li>
            <li>
              <h3>See one arrive</h3>
              <p class="soft">A test event is signed like any other and leaves no trace in stream or counters.</p>
            </li>
            <li>
              <h3>Watch it</h3>
              <a class="btn" href={subscriptionPath(name)}>
                Open {name}
              </a>
            </li>
          </ol>
        </div>
      </Panel>
      <Panel title="Test send">
        <div class="pad">
          <TestForm subscription={subscription} />
        </div>
      </Panel>
    </div>
  )
}
