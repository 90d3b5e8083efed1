import { useSignal } from '@preact/signals'
import { get, getText } from '../../api/client.ts'
import type { Journey, StoredRecord } from '../../api/journey-shapes.ts'
import { useResource } from '../../api/resource.ts'
import type { EventRecord, List } from '../../api/shapes.ts'
import { JsonText } from '../../parts/code.tsx'
import { CopyButton, Id } from '../../parts/copy.tsx'
import { Facts, Panel } from '../../parts/page.tsx'
import { Segments } from '../../parts/segments.tsx'
import { Time } from '../../parts/time.tsx'
import { journeyPath, listPath, paths, streamPath } from '../../router/paths.ts'
import { mayReadBodies } from '../../session.ts'
import { bytes } from '../../words/numbers.ts'

/** What the event is: its envelope, its body, and what came before and after it in its key. */
export function Side({ journey }: { journey: Journey }) {
  const record = journey.records[0]
  if (record === undefined) return null
  return (
    <div class="stack-3">
      <Envelope journey={journey} record={record} />
      <Body record={record} />
      {record.key !== null && <SameKey record={record} />}
    </div>
  )
}

function Envelope({ journey, record }: { journey: Journey; record: StoredRecord }) {
  return (
    <Panel title="Envelope">
      <div class="pad">
        <Facts
          facts={[
            ['type', <span class="mono">{journey.type}</span>],
            ['source', <span class="mono">{journey.source}</span>],
            [
              'key',
              record.key === null ? (
                '–'
              ) : (
                <a class="link mono" href={listPath(paths.events, { key: record.key })}>
                  {record.key}
                </a>
              ),
            ],
            [
              'stream',
              <a class="link" href={streamPath(record.stream)}>
                {record.stream}
              </a>,
            ],
            ['position', <Id id={record.position} />],
            ['webhook-id', <Id id={journey.webhookId} />],
            ['content', `${record.contentType ?? 'no type'}, ${bytes(record.bytes)}`],
            ['trace', record.traceId === null ? '–' : <Id id={record.traceId} />],
          ]}
        />
      </div>
    </Panel>
  )
}

const mostShownBytes = 20_000

function Body({ record }: { record: StoredRecord }) {
  if (!mayReadBodies(record.stream))
    return (
      <Panel title="Body" aside={bytes(record.bytes)}>
        <p class="pad soft">
          Payloads need the scope <code>consume:{record.stream}</code>, which this key does not have.
        </p>
      </Panel>
    )
  return <OwnBody key={record.position} record={record} />
}

/** Payloads are read when someone asks for them: each look is written into the audit. */
function OwnBody({ record }: { record: StoredRecord }) {
  const isAsked = useSignal(false)
  if (isAsked.value) return <BodyText record={record} />
  return (
    <Panel title="Body" aside={`${bytes(record.bytes)} as received`}>
      <div class="pad row between wrap">
        <span class="soft">Looking at a payload is written into the audit.</span>
        <button type="button" class="btn sm" onClick={() => (isAsked.value = true)}>
          Show body
        </button>
      </div>
    </Panel>
  )
}

function BodyText({ record }: { record: StoredRecord }) {
  const shape = useSignal<'json' | 'raw'>('json')
  const url = `/v1/events/${encodeURIComponent(record.position)}/body`
  const body = useResource(url, () => getText(url))
  const text = body.data.value?.text ?? ''
  const json = shape.value === 'json' ? prettyJson(text) : undefined
  return (
    <Panel title="Body" aside={`${bytes(record.bytes)} as received`}>
      <div class="pad stack-3">
        <div class="row between">
          <Segments
            label="Shape"
            value={shape.value}
            onChange={(next) => (shape.value = next)}
            options={[
              { value: 'json', label: 'JSON' },
              { value: 'raw', label: 'Raw' },
            ]}
          />
          <CopyButton text={text} label="Copy" kind="btn sm quiet" />
        </div>
        {body.problem.value && <p class="soft">{body.problem.value.body.detail}</p>}
        {text !== '' && (
          <pre class="code body-text" tabIndex={0} role="region" aria-label="Body of the event">
            {json === undefined ? text.slice(0, mostShownBytes) : <JsonText text={json.slice(0, mostShownBytes)} />}
            {(json ?? text).length > mostShownBytes && <span class="c">{'\n'}… the rest is in what Copy gives</span>}
          </pre>
        )}
      </div>
    </Panel>
  )
}

function prettyJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    // Not JSON: it is shown as it came.
    return undefined
  }
}

const neighbours = 6

function SameKey({ record: { key, stream, position } }: { record: StoredRecord }) {
  const list = useResource(`same-key ${key} ${stream}`, (signal) =>
    get<List<EventRecord>>('/v1/events', { key, stream, limit: neighbours }, signal),
  )
  const items = list.data.value?.items ?? []
  if (items.length < 2) return null
  return (
    <Panel title="Same key, newest first">
      <table class="side-list">
        <caption class="vh">Newest events of the same key</caption>
        <tbody>
          {items.map((event) => (
            <tr key={event.position} class={event.position === position ? 'sel' : ''}>
              <td>
                <Time at={event.storedAt} show="clock" />
              </td>
              <td class="clip">
                <a class="link" href={journeyPath(event.position)}>
                  {event.type}
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}
