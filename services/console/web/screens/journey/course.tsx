import type { Delivery, Journey, StoredRecord } from '../../api/journey-shapes.ts'
import { Icon } from '../../parts/icon.tsx'
import type { IconName } from '../../parts/sprite.tsx'
import { streamPath } from '../../router/paths.ts'
import { zone } from '../../shell/preferences.ts'
import { count } from '../../words/numbers.ts'
import { clock, spanMs } from '../../words/times.ts'
import { Branch } from './branch.tsx'
import { isSilent } from './silent.ts'

/** The course of the event: outcomes in the order they happened, silent subscriptions last, dashed. */
export function Course({ journey: { records, deliveries }, onChange }: { journey: Journey; onChange: () => void }) {
  const startMs = Date.parse(records[0]?.acceptedAt ?? records[0]?.storedAt ?? '')
  const sorted = deliveries.toSorted(
    (one, other) => Number(isSilent(one)) - Number(isSilent(other)) || endOf(one) - endOf(other),
  )
  return (
    <ol class="course" aria-label="Course of the event">
      {records.map((record, index) => (
        <RecordSteps
          key={record.position}
          record={record}
          startMs={startMs}
          isRepeat={index > 0}
          isEnd={index === records.length - 1 && deliveries.length === 0}
        />
      ))}
      {sorted.map((delivery, index) => (
        <BranchItem
          key={delivery.id}
          delivery={delivery}
          startMs={startMs}
          isLast={index === sorted.length - 1}
          onChange={onChange}
        />
      ))}
    </ol>
  )
}

type StepsProps = { record: StoredRecord; startMs: number; isRepeat: boolean; isEnd: boolean }

function RecordSteps({ record, startMs, isRepeat, isEnd }: StepsProps) {
  const { acceptedAt, acceptedBy, storedAt, stream, partition, offset } = record
  return (
    <>
      {acceptedAt && (
        <Step at={acceptedAt} startMs={startMs} icon="play">
          <h2>{acceptedBy === null ? 'Accepted' : `Accepted by ${acceptedBy}`}</h2>
          <p>
            {isRepeat
              ? 'The same event was stored once more: its publisher had to repeat it.'
              : `Into stream ${stream}.`}
          </p>
        </Step>
      )}
      <Step at={storedAt} startMs={startMs} icon="log" isLast={isEnd}>
        <h2>
          Stored on partition {partition} at offset <span class="mono">{count(offset)}</span>
        </h2>
        <p>
          On all in-sync replicas before the answer.{' '}
          <a class="link" href={streamPath(stream, { partition: String(partition), from: String(offset) })}>
            Browse around this offset
          </a>
        </p>
      </Step>
    </>
  )
}

type StepProps = { at: string; startMs: number; icon: IconName; isLast?: boolean; children: preact.ComponentChildren }

function Step({ at, startMs, icon, isLast = false, children }: StepProps) {
  return (
    <li>
      <When at={at} startMs={startMs} />
      <div class={isLast ? 'water last' : 'water'}>
        <span class="k">
          <Icon name={icon} />
        </span>
      </div>
      <div class="ev">{children}</div>
    </li>
  )
}

function When({ at, startMs }: { at: string; startMs: number }) {
  const atMs = Date.parse(at)
  return (
    <div class="at">
      <b>{clock(atMs, zone.value, true)}</b>
      {atMs - startMs <= 0 ? '0 ms' : `+${spanMs(atMs - startMs)}`}
    </div>
  )
}

type ItemProps = { delivery: Delivery; startMs: number; isLast: boolean; onChange: () => void }

function BranchItem({ delivery, startMs, isLast, onChange }: ItemProps) {
  const at = delivery.settledAt ?? delivery.firstAttemptAt
  const isThin = isSilent(delivery)
  return (
    <li>
      {at === null || isThin ? <div class="at none" /> : <When at={at} startMs={startMs} />}
      <div class={`water off${isThin ? ' thin' : ''}${isLast ? ' last' : ''}`} />
      <div class="ev">
        <Branch delivery={delivery} onChange={onChange} />
      </div>
    </li>
  )
}

const endOf = ({ settledAt, firstAttemptAt }: Delivery) =>
  Date.parse(settledAt ?? firstAttemptAt ?? '') || Number.MAX_SAFE_INTEGER
