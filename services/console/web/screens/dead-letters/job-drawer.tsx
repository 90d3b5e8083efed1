import { useEffect } from 'preact/hooks'
import { get, send } from '../../api/client.ts'
import type { Job } from '../../api/job-shapes.ts'
import { usePolling, useResource } from '../../api/resource.ts'
import { jobs } from '../../live/live.ts'
import { Id } from '../../parts/copy.tsx'
import { Drawer } from '../../parts/drawer.tsx'
import { LoadingPanel } from '../../parts/empty.tsx'
import { StateMark } from '../../parts/icon.tsx'
import { Facts } from '../../parts/page.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { Time } from '../../parts/time.tsx'
import { tryTo } from '../../parts/try-to.ts'
import { may } from '../../session.ts'
import { readSummary } from '../../shell/badges.ts'
import { count } from '../../words/numbers.ts'
import { lookOfJob } from '../../words/states.ts'
import { span } from '../../words/times.ts'
import { isUnderWay, ProgressBar } from './progress.tsx'

const everyMs = 1_000

/** How far a job is, and how to stop it. The job has an address: this one. */
export function JobDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const url = `/v1/jobs/${encodeURIComponent(id)}`
  const read = useResource(url, (signal) => get<Job>(url, {}, signal))
  usePolling(read, everyMs)
  const job = newer(read.data.value, jobs.value.get(id))
  const isOver = job !== undefined && !isUnderWay(job)
  useEffect(() => {
    if (isOver) readSummary()
  }, [isOver])
  const footer = job && (
    <>
      {isUnderWay(job) && (
        <button
          type="button"
          class="btn stop"
          disabled={!may('operate')}
          onClick={async () => {
            await tryTo(() => send('POST', `${url}/cancel`))
            read.reload()
          }}
        >
          Stop
        </button>
      )}
      <button type="button" class="btn" onClick={onClose}>
        Close
      </button>
      <span class="grow" />
      <Id id={id} />
    </>
  )
  return (
    <Drawer title={job ? titleOf(job) : 'Job'} text="It goes on when this is closed." onClose={onClose} footer={footer}>
      {read.problem.value && <ProblemBox problem={read.problem.value} retry={read.reload} />}
      {job ? <JobBody job={job} /> : <LoadingPanel />}
    </Drawer>
  )
}

const kinds: Readonly<Record<string, string>> = { redrive: 'Redrive', replay: 'Replay', discard: 'Discard' }
const titleOf = ({ kind, matched }: Job) => `${kinds[kind] ?? kind} of ${count(matched)}`

function newer(read: Job | undefined, heard: Job | undefined): Job | undefined {
  if (read === undefined || heard === undefined) return read ?? heard
  return heard.done > read.done || (heard.finishedAt !== null && read.finishedAt === null) ? heard : read
}

function JobBody({ job }: { job: Job }) {
  const {
    delivered,
    deadLettered,
    matched,
    done,
    etaSeconds,
    runner,
    createdBy,
    createdAt,
    finishedAt,
    error,
    because,
    ratePerSecond,
  } = job
  return (
    <div class="stack-3" role="status">
      <p>
        <StateMark look={lookOfJob(job.state)} />
      </p>
      <ProgressBar job={job} />
      <p class="row between wrap">
        <span>
          <b>{count(job.kind === 'discard' ? done : delivered)}</b> {job.kind === 'discard' ? 'discarded' : 'delivered'}{' '}
          ·{' '}
          <span class={deadLettered > 0 ? 'fail' : ''}>
            <b>{count(deadLettered)}</b> failed again
          </span>{' '}
          · <b>{count(Math.max(0, matched - done))}</b> to go
        </span>
        <span class="muted">{isUnderWay(job) && etaSeconds !== null ? `${span(etaSeconds)} left` : ''}</span>
      </p>
      {because && <p class="held">It waits: {because}</p>}
      {error && <p class="fail">{error}</p>}
      {deadLettered > 0 && !isUnderWay(job) && (
        <p class="soft">What failed again is in the list again, with its new answer.</p>
      )}
      <Facts
        facts={[
          ['rate', ratePerSecond === null ? 'as fast as it is taken' : `${ratePerSecond} /s`],
          ['runs on', runner ?? '–'],
          ['asked by', createdBy],
          ['asked', <Time at={createdAt} />],
          ['ended', <Time at={finishedAt} />],
        ]}
      />
    </div>
  )
}
