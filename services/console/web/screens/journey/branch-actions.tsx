import { useSignal } from '@preact/signals'
import { send } from '../../api/client.ts'
import type { Delivery } from '../../api/journey-shapes.ts'
import { Refused } from '../../api/problem.ts'
import { tell } from '../../parts/toasts.tsx'
import { listPath, paths } from '../../router/paths.ts'
import { navigate } from '../../router/router.ts'
import { may } from '../../session.ts'

/** What can be done about a delivery that did not arrive. */
export function BranchActions({ delivery, onChange }: { delivery: Delivery; onChange: () => void }) {
  const isBusy = useSignal(false)
  const { id, subscription, state } = delivery
  async function retry() {
    isBusy.value = true
    try {
      await send('POST', `/v1/deliveries/${encodeURIComponent(id)}/retry`)
      tell({
        look: { icon: 'retry', tone: 'flow' },
        title: `${subscription} tries it now`,
        text: 'The order of its key is kept.',
      })
      onChange()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      tell({ look: { icon: 'failed', tone: 'fail' }, title: error.body.title, text: error.body.detail })
    }
    isBusy.value = false
  }
  const scope = may('operate') ? undefined : 'Needs the scope operate'
  if (state === 'retrying')
    return (
      <div class="foot">
        <button
          type="button"
          class="btn sm"
          disabled={isBusy.value || scope !== undefined}
          title={scope}
          onClick={retry}
        >
          Try now
        </button>
      </div>
    )
  if (state === 'dead-lettered')
    return (
      <div class="foot">
        <button
          type="button"
          class="btn sm"
          disabled={scope !== undefined}
          title={scope}
          onClick={() => navigate(listPath(paths.deadLetters, { subscription, redrive: 'ids', ids: id }))}
        >
          Redrive this one…
        </button>
      </div>
    )
  return null
}
