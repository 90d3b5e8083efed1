import { useSignal } from '@preact/signals'
import { get, send } from '../../api/client.ts'
import { Refused } from '../../api/problem.ts'
import { useResource } from '../../api/resource.ts'
import type { Subscription } from '../../api/subscription-shapes.ts'
import { LoadingPanel } from '../../parts/empty.tsx'
import { Crumb, Head } from '../../parts/page.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { tell } from '../../parts/toasts.tsx'
import { paths, subscriptionPath } from '../../router/paths.ts'
import { navigate, query } from '../../router/router.ts'
import { DefinitionForm } from './definition-form.tsx'
import { type Draft, definitionOf, draftOf, emptyDraft } from './draft.ts'
import { Made } from './made.tsx'

/** Makes a subscription in one page; what it answers is shown with its secret and a test send. */
export function NewSubscription() {
  const made = useSignal<Subscription | undefined>(undefined)
  const problem = useSignal<Refused | undefined>(undefined)
  async function save(draft: Draft) {
    problem.value = await refusalOf(async () => {
      const url = `/v1/subscriptions/${encodeURIComponent(draft.name)}`
      made.value = await send<Subscription>('PUT', url, {
        body: definitionOf(draft),
        headers: { 'if-none-match': '*' },
      })
    })
  }
  return (
    <>
      <Crumb href={paths.subscriptions} parent="Subscriptions">
        new
      </Crumb>
      <Head
        title="New subscription"
        name="New subscription"
        text="Events of a stream, to a receiver, signed and in order per key."
      />
      {made.value === undefined ? (
        <DefinitionForm
          draft={{ ...emptyDraft, stream: query.value.stream ?? '' }}
          isNew
          problem={problem.value}
          onSave={save}
        />
      ) : (
        <Made subscription={made.value} />
      )}
    </>
  )
}

/** Changes a subscription; a change that came between is not overwritten, and what was typed is kept. */
export function EditSubscription({ name }: { name: string }) {
  const url = `/v1/subscriptions/${encodeURIComponent(name)}`
  const read = useResource(`edit ${url}`, (signal) => get<Subscription>(url, {}, signal))
  const problem = useSignal<Refused | undefined>(undefined)
  async function save(draft: Draft) {
    const revision = read.data.value?.revision
    problem.value = await refusalOf(async () => {
      await send('PATCH', url, {
        body: definitionOf(draft),
        headers: { 'if-match': `"${revision}"` },
      })
      navigate(subscriptionPath(name))
      tell({
        look: { icon: 'ok', tone: 'flow' },
        title: `${name} is saved`,
        text: 'All instances use it within a second.',
      })
    })
  }
  return (
    <>
      <Crumb href={subscriptionPath(name)} parent={name}>
        edit
      </Crumb>
      <Head title={`Edit ${name}`} name={`Edit ${name}`} />
      {read.problem.value && <ProblemBox problem={read.problem.value} retry={read.reload} />}
      {read.data.value ? (
        <DefinitionForm draft={draftOf(read.data.value)} isNew={false} problem={problem.value} onSave={save} />
      ) : (
        <LoadingPanel />
      )}
    </>
  )
}

async function refusalOf(work: () => Promise<void>): Promise<Refused | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof Refused) return error
    throw error
  }
}
