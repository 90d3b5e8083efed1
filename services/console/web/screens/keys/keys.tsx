import { useSignal } from '@preact/signals'
import { get } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import type { Key, List } from '../../api/shapes.ts'
import { Id } from '../../parts/copy.tsx'
import { LoadingRows } from '../../parts/empty.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Head } from '../../parts/page.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { Scroll } from '../../parts/scroll.tsx'
import { Time } from '../../parts/time.tsx'
import { may, session } from '../../session.ts'
import { counted } from '../../words/numbers.ts'
import { AskDeleteKey, AskRotateKey } from './ask-key.tsx'
import { NewKey } from './new-key.tsx'

type Question = { kind: 'new' } | { kind: 'rotate' | 'delete'; key: Key }

/** Who may publish, read, operate and manage. Keys are stored hashed: a secret is shown once. */
export function Keys() {
  const list = useResource('keys', (signal) => get<List<Key>>('/v1/keys', { limit: 500 }, signal))
  const asking = useSignal<Question | null>(null)
  const items = list.data.value?.items ?? []
  const title = may('manage') ? undefined : 'Needs the scope manage'
  function close() {
    asking.value = null
    list.reload()
  }
  return (
    <>
      <Head
        title="Keys"
        name="Keys"
        text={list.data.value ? `${counted(items.length, 'key')}. Stored hashed; a secret is shown once.` : undefined}
      >
        <button
          type="button"
          class="btn main"
          disabled={title !== undefined}
          title={title}
          onClick={() => (asking.value = { kind: 'new' })}
        >
          <Icon name="plus" />
          New key
        </button>
      </Head>
      {list.problem.value && <ProblemBox problem={list.problem.value} retry={list.reload} />}
      <section class="panel" aria-label="Keys">
        <Scroll label="Keys">
          <table class="cards">
            <caption class="vh">Keys</caption>
            <thead>
              <tr>
                <th>Name</th>
                <th>Id</th>
                <th>Scopes</th>
                <th>Rate limit</th>
                <th>Last used</th>
                <th>Expires</th>
                <th>
                  <span class="vh">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((key) => (
                <KeyRow key={key.id} apiKey={key} title={title} onAsk={(kind) => (asking.value = { kind, key })} />
              ))}
              {list.data.value === undefined && list.isLoading.value && <LoadingRows columns={7} rows={3} />}
            </tbody>
          </table>
        </Scroll>
      </section>
      {asking.value?.kind === 'new' && <NewKey onClose={close} />}
      {asking.value?.kind === 'rotate' && <AskRotateKey apiKey={asking.value.key} onClose={close} />}
      {asking.value?.kind === 'delete' && <AskDeleteKey apiKey={asking.value.key} onClose={close} />}
    </>
  )
}

type RowProps = { apiKey: Key; title: string | undefined; onAsk(kind: 'rotate' | 'delete'): void }

function KeyRow({ apiKey: { id, name, scopes, rateLimit, lastUsedAt, expiresAt }, title, onAsk }: RowProps) {
  return (
    <tr>
      <td>
        <b>{name}</b>
        {id === session.value?.keyId && <span class="muted"> this session</span>}
      </td>
      <td>
        <Id id={id} />
      </td>
      <td class="full">
        {scopes.map((scope) => (
          <span class="tag spaced" key={scope}>
            {scope}
          </span>
        ))}
      </td>
      <td class="hide-s">{rateLimit === null ? 'none' : `${rateLimit.perSecond} /s`}</td>
      <td class="hide-s">
        <Time at={lastUsedAt} />
      </td>
      <td class="hide-s">{expiresAt === null ? <span class="muted">never</span> : <Time at={expiresAt} />}</td>
      <td class="num">
        <button
          type="button"
          class="btn quiet sm"
          disabled={title !== undefined}
          title={title}
          onClick={() => onAsk('rotate')}
          aria-label={`Rotate ${name}`}
        >
          Rotate…
        </button>
        <button
          type="button"
          class="btn quiet sm"
          disabled={title !== undefined}
          title={title}
          onClick={() => onAsk('delete')}
          aria-label={`Delete ${name}`}
        >
          Delete…
        </button>
      </td>
    </tr>
  )
}
