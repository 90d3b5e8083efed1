import { useSignal } from '@preact/signals'
import type { Attempt } from '../../api/journey-shapes.ts'
import { Icon } from '../../parts/icon.tsx'
import { zone } from '../../shell/preferences.ts'
import { targetName } from '../../words/ids.ts'
import { wordsOfCode } from '../../words/states.ts'
import { clock, spanMs } from '../../words/times.ts'
import { phasesOf } from './phases.ts'

/** One request of a delivery: its answer, and where its time went. */
export function AttemptRow({ attempt, slowestMs }: { attempt: Attempt; slowestMs: number }) {
  const isOpen = useSignal(false)
  const { number, at, job, target, timingsMs, hint, instance } = attempt
  return (
    <div class="try">
      <div class="w">
        <b>{clock(Date.parse(at), zone.value, true)}</b>
        {job === null ? `attempt ${number}` : `job ${job}`}
      </div>
      <div class="what">
        <Answer attempt={attempt} />
        <span class="clip">
          from {targetName(target)} <span class="muted">· {instance}</span>
        </span>
      </div>
      <div class="ms">{spanMs(timingsMs.total)}</div>
      <PhaseBar attempt={attempt} slowestMs={slowestMs} />
      {hint && <p class="say">{hint}</p>}
      {hasAnswer(attempt) && (
        <div class="acts">
          <button
            type="button"
            class="btn quiet sm"
            aria-expanded={isOpen.value}
            onClick={() => (isOpen.value = !isOpen.value)}
          >
            <Icon name={isOpen.value ? 'up' : 'down'} small />
            What it answered
          </button>
        </div>
      )}
      {isOpen.value && <AnswerText attempt={attempt} />}
    </div>
  )
}

function Answer({ attempt: { decision, code, status } }: { attempt: Attempt }) {
  const words = status === null ? wordsOfCode(code) : `${status} ${statusNames[status] ?? ''}`.trim()
  if (decision === 'delivered') return <b>{words}</b>
  return (
    <span class="st fail">
      <Icon name="failed" small />
      {words}
    </span>
  )
}

const statusNames: Readonly<Record<number, string>> = {
  ...{
    200: 'OK',
    201: 'Created',
    202: 'Accepted',
    204: 'No Content',
    400: 'Bad Request',
    401: 'Unauthorized',
    403: 'Forbidden',
  },
  ...{
    404: 'Not Found',
    408: 'Request Timeout',
    409: 'Conflict',
    410: 'Gone',
    413: 'Content Too Large',
    415: 'Unsupported Media Type',
  },
  ...{ 422: 'Unprocessable Content', 429: 'Too Many Requests', 500: 'Internal Server Error', 502: 'Bad Gateway' },
  ...{ 503: 'Service Unavailable', 504: 'Gateway Timeout' },
}

const width = 600

function PhaseBar({ attempt, slowestMs }: { attempt: Attempt; slowestMs: number }) {
  const phases = phasesOf(attempt)
  let x = 0
  return (
    <>
      <svg class="bar" viewBox={`0 0 ${width} 12`} preserveAspectRatio="none" aria-hidden="true">
        <rect class="f-sunken" width={width} height="12" />
        {phases.map(({ name, fill, ms }) => {
          const from = x
          const wide = Math.max(1, (ms / slowestMs) * (width - 8))
          x += wide + 0.8
          return <rect key={name} class={fill} x={from} y="1" width={wide} height="10" />
        })}
      </svg>
      <div class="ph">
        {phases.map(({ name, fill, ms }) => (
          <span key={name}>
            <svg viewBox="0 0 9 9" aria-hidden="true">
              <rect class={fill} width="9" height="9" />
            </svg>
            {name} <b>{spanMs(ms)}</b>
          </span>
        ))}
      </div>
    </>
  )
}

const hasAnswer = ({ responseBody, responseHead }: Attempt) =>
  responseBody !== null || Object.keys(responseHead).length > 0

function AnswerText({ attempt: { responseHead, responseBody, responseTruncated } }: { attempt: Attempt }) {
  const head = Object.entries(responseHead).map(
    ([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') : value}`,
  )
  return (
    <pre class="code answer" tabIndex={0} role="region" aria-label="Answer of the receiver">
      {`${head.join('\n')}\n\n${responseBody ?? ''}${responseTruncated ? '\n… the rest was not kept' : ''}`}
    </pre>
  )
}
