import { readHistory } from '../../api/history.ts'
import type { DeadLetterGroup } from '../../api/job-shapes.ts'
import { useResource } from '../../api/resource.ts'
import { now } from '../../live/now.ts'
import { niceMost } from '../../parts/spark.tsx'
import { Time } from '../../parts/time.tsx'
import { listPath, paths } from '../../router/paths.ts'
import { query, setQuery } from '../../router/router.ts'
import { may } from '../../session.ts'
import { count } from '../../words/numbers.ts'
import { wordsOfCause, wordsOfCode } from '../../words/states.ts'

const growingMs = 5 * 60_000

/** Why events died, largest group first. */
export function Causes({ groups }: { groups: readonly DeadLetterGroup[] }) {
  if (groups.length === 0) return null
  return (
    <section class="panel groups" aria-label="Causes">
      {groups.map((group) => (
        <Group key={`${group.subscription} ${group.cause} ${group.code}`} group={group} />
      ))}
    </section>
  )
}

function Group({ group }: { group: DeadLetterGroup }) {
  const { subscription, cause, code, firstAt, lastAt } = group
  const isChosen = query.value.subscription === subscription && query.value.cause === cause
  const isGrowing = now.value - Date.parse(lastAt) < growingMs
  return (
    <article class={isChosen ? 'grp sel' : 'grp'}>
      <span class="ckw">
        <input
          type="checkbox"
          class="ck"
          checked={isChosen}
          aria-label={`Show the ${group.count} of ${subscription}, ${wordsOfCause(cause)}`}
          onChange={() =>
            setQuery({ subscription: isChosen ? undefined : subscription, cause: isChosen ? undefined : cause }, true)
          }
        />
      </span>
      <div class={isGrowing ? 'cnt silt' : 'cnt'}>{count(group.count)}</div>
      <div>
        <h2>
          <a href={listPath(paths.deadLetters, { subscription, cause })}>{subscription}</a>
          <span class={isGrowing ? 'tag silt' : 'tag'}>{wordsOfCode(code)}</span>
          <span class="tag">{isGrowing ? 'growing' : 'quiet'}</span>
        </h2>
        <p>{wordsOfCause(cause)}</p>
      </div>
      <div class="meta">
        <span class="soft">
          first <Time at={firstAt} />
        </span>
        <br />
        <span class="soft">
          last <Time at={lastAt} />
        </span>
      </div>
      <div class="sparkw">
        <Bars subscription={subscription} isGrowing={isGrowing} />
      </div>
      <div class="btns">
        <button
          type="button"
          class="btn sm"
          disabled={!may('operate')}
          title={may('operate') ? undefined : 'Needs the scope operate'}
          onClick={() => setQuery({ subscription, cause, redrive: 'query' }, true)}
        >
          Redrive {count(group.count)}…
        </button>
      </div>
    </article>
  )
}

const minutes = 30

/** How many died a minute, of all causes of the subscription. */
function Bars({ subscription, isGrowing }: { subscription: string; isGrowing: boolean }) {
  const name = `dead-lettered/${subscription}`
  const history = useResource(`bars ${name}`, (signal) =>
    readHistory({ series: [name], seconds: minutes * 60, stepSeconds: 60 }, signal),
  )
  const values = history.data.value?.get(name) ?? []
  const most = niceMost(values)
  const step = 190 / Math.max(1, values.length)
  return (
    <>
      <svg class="spark" viewBox="0 0 190 26" preserveAspectRatio="none" aria-hidden="true">
        <path class="p-rule" d="M0 25.5H190" />
        {values.map((value, index) => {
          const height = ((value ?? 0) / most) * 24
          return (
            height > 0 && (
              <rect
                key={index}
                class={isGrowing ? 'f-silt' : 'f-mute'}
                x={index * step + 0.5}
                y={25 - height}
                width={Math.max(1, step - 1.5)}
                height={height}
              />
            )
          )
        })}
      </svg>
      <span class="cap">a minute, 0 to {most}, last 30 m</span>
    </>
  )
}
