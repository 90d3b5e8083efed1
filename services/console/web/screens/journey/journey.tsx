import { get } from '../../api/client.ts'
import type { Journey as JourneyAnswer } from '../../api/journey-shapes.ts'
import { usePolling, useResource } from '../../api/resource.ts'
import { CopyButton } from '../../parts/copy.tsx'
import { Empty, LoadingPanel } from '../../parts/empty.tsx'
import { Crumb, Head } from '../../parts/page.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { Time } from '../../parts/time.tsx'
import { paths } from '../../router/paths.ts'
import { curlOf } from '../../words/curl.ts'
import { bytes } from '../../words/numbers.ts'
import { Course } from './course.tsx'
import { Side } from './side.tsx'
import { Verdict } from './verdict.tsx'

const everyMs = 2_000
const openStates = new Set(['queued', 'delivering', 'waiting', 'retrying', 'held'])

/** Where one event went, how long each step took, what is still due; and whose rule or decision each silence was. */
export function Journey({ id }: { id: string }) {
  const url = `/v1/events/${encodeURIComponent(id)}`
  const journey = useResource(url, (signal) => get<JourneyAnswer>(url, {}, signal))
  const isOpen =
    journey.data.value === undefined || journey.data.value.deliveries.some(({ state }) => openStates.has(state))
  usePolling(journey, isOpen ? everyMs : 15_000)
  const found = journey.data.value
  return (
    <>
      <Crumb href={paths.events} parent="Events">
        {found?.type ?? 'journey'}
      </Crumb>
      <JourneyHead id={found?.id ?? id} journey={found} url={url} />
      {journey.problem.value?.body.status === 404 ? (
        <NotFound id={id} detail={journey.problem.value.body.detail} />
      ) : (
        journey.problem.value && <ProblemBox problem={journey.problem.value} retry={journey.reload} />
      )}
      {found === undefined ? (
        journey.isLoading.value && <LoadingPanel />
      ) : (
        <>
          <Verdict journey={found} />
          <div class="cols c-main">
            <Course journey={found} onChange={journey.reload} />
            <Side journey={found} />
          </div>
        </>
      )}
    </>
  )
}

function JourneyHead({ id, journey, url }: { id: string; journey: JourneyAnswer | undefined; url: string }) {
  const record = journey?.records[0]
  const text = journey && record && (
    <>
      {journey.type}
      {record.key !== null && (
        <>
          {' of '}
          <b class="soft">{record.key}</b>
        </>
      )}
      , <Time at={record.storedAt} />, {bytes(record.bytes)}
    </>
  )
  return (
    <Head title={id} name={journey?.type ?? 'Event'} text={text} isMono>
      <CopyButton text={id} label="Copy id" />
      <CopyButton text={curlOf({ url: location.origin + url })} label="Copy as curl" />
    </Head>
  )
}

function NotFound({ id, detail }: { id: string; detail: string }) {
  return (
    <Empty title={`No event ${id}`} command={curlOf({ url: `${location.origin}/v1/events?limit=10` })}>
      {detail}
    </Empty>
  )
}
