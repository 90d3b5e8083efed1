import { useComputed, useSignal } from '@preact/signals'
import { send } from '../../api/client.ts'
import type { DryRun, Job } from '../../api/job-shapes.ts'
import { Refused } from '../../api/problem.ts'
import { useResource } from '../../api/resource.ts'
import { CopyButton } from '../../parts/copy.tsx'
import { Drawer } from '../../parts/drawer.tsx'
import { StateMark } from '../../parts/icon.tsx'
import { ProblemBox } from '../../parts/problem.tsx'
import { Segments } from '../../parts/segments.tsx'
import { query, setQuery } from '../../router/router.ts'
import { curlOf } from '../../words/curl.ts'
import { bytes, count } from '../../words/numbers.ts'
import { selectionOf, wordsOfSelection } from './selection.ts'

const rates = [1, 5, 50, null] as const

/** Selection, dry run, a trial with one, then the rest. Closing it never stops the job. */
export function ActDrawer({ onClose }: { onClose: () => void }) {
  const isDiscard = query.value.discard !== undefined
  const path = isDiscard ? '/v1/discards' : '/v1/redrives'
  const select = selectionOf(query.value)
  const perSecond = useSignal<(typeof rates)[number]>(50)
  const problem = useSignal<Refused | undefined>(undefined)
  const isBusy = useSignal(false)
  const dry = useResource(`dry ${path} ${JSON.stringify(select)}`, () =>
    send<DryRun>('POST', path, { body: { select, dryRun: true } }),
  )
  const matched = useComputed(() => dry.data.value?.matched ?? 0)
  const bodyOf = (ids: string[] | null) => ({
    select: ids === null ? select : { ...select, ids },
    ...(!isDiscard && { ratePerSecond: perSecond.value }),
    dryRun: false,
  })
  async function start(ids: string[] | null) {
    isBusy.value = true
    try {
      const job = await send<Job>('POST', path, { body: bodyOf(ids) })
      setQuery({ redrive: undefined, discard: undefined, ids: undefined, job: job.id }, true)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      problem.value = error
    }
    isBusy.value = false
  }
  const sample = dry.data.value?.sample[0]
  const cannot = isBusy.value || matched.value === 0
  const footer = (
    <>
      {!isDiscard && sample !== undefined && (
        <button type="button" class="btn" disabled={cannot} onClick={() => start([sample])}>
          Redrive one as a trial
        </button>
      )}
      <button type="button" class={isDiscard ? 'btn stop' : 'btn main'} disabled={cannot} onClick={() => start(null)}>
        {isDiscard ? 'Discard' : 'Redrive'} {count(matched.value)}
      </button>
      <span class="grow" />
      <CopyButton
        text={curlOf({ method: 'POST', url: location.origin + path, body: bodyOf(null) })}
        label="Copy as curl"
        kind="btn quiet sm"
      />
    </>
  )
  return (
    <Drawer
      title={`${isDiscard ? 'Discard' : 'Redrive'} dead letters of ${select.subscription}`}
      text={isDiscard ? discardText : redriveText}
      onClose={onClose}
      footer={footer}
    >
      <ol class="steps">
        <li class="done">
          <h3>Selection</h3>
          <p class="rule">{wordsOfSelection(select)}</p>
        </li>
        <li class={dry.data.value ? 'done' : 'now'}>
          <h3>
            Dry run <small>{dry.data.value ? 'nothing was sent' : 'counting…'}</small>
          </h3>
          {dry.problem.value && <ProblemBox problem={dry.problem.value} retry={dry.reload} />}
          {dry.data.value && <DryTable dry={dry.data.value} isDiscard={isDiscard} />}
        </li>
        <li class="now">
          <h3>{isDiscard ? 'Discard' : 'How fast'}</h3>
          {isDiscard ? (
            <p class="soft">They are marked as discarded and never sent. This cannot be taken back.</p>
          ) : (
            <Segments
              label="Rate"
              value={String(perSecond.value)}
              onChange={(next) => (perSecond.value = rates.find((one) => String(one) === next) ?? null)}
              options={rates.map((one) => ({
                value: String(one),
                label: one === null ? 'as fast as it is taken' : `${one} /s`,
              }))}
            />
          )}
          <p class="hint gap-s">
            Letters of one key go one after another. The job goes on when this is closed, and can be stopped from
            anywhere.
          </p>
          {problem.value && <ProblemBox problem={problem.value} />}
        </li>
      </ol>
    </Drawer>
  )
}

const redriveText = 'Same ids, same bytes, signed with today’s secret, marked as redriven.'
const discardText = 'They stay in the log until they expire, but are dead letters no more.'

const sent = { icon: 'ok', word: 'will be sent', tone: 'flow' } as const
const gone = { icon: 'x', word: 'will be discarded', tone: 'plain' } as const
const tooNew = { icon: 'filtered', word: 'left out: too many are unsettled', tone: 'plain' } as const

function DryTable({ dry: { matched, bytes: size, leftOut = 0 }, isDiscard }: { dry: DryRun; isDiscard: boolean }) {
  return (
    <table>
      <caption class="vh">Dry run</caption>
      <tbody>
        <tr>
          <td>
            <StateMark look={isDiscard ? gone : sent} />
          </td>
          <td class="num">
            <b>{count(matched)}</b>
          </td>
        </tr>
        <tr>
          <td class="soft">their bodies</td>
          <td class="num">{bytes(size)}</td>
        </tr>
        {leftOut > 0 && (
          <tr>
            <td>
              <StateMark look={tooNew} />
            </td>
            <td class="num">{count(leftOut)}</td>
          </tr>
        )}
      </tbody>
    </table>
  )
}
