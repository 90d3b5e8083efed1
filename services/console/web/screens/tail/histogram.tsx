import { now } from '../../live/now.ts'
import { niceMost } from '../../parts/spark.tsx'
import { zone } from '../../shell/preferences.ts'
import { count } from '../../words/numbers.ts'
import { clock } from '../../words/times.ts'
import { type Second, seconds, type Tape, totalOf } from './tape.ts'

const width = 1_200
const height = 78
const step = width / seconds

/** Outcomes a second over two minutes. */
export function Histogram({ tape }: { tape: Tape }) {
  const nowSecond = Math.floor(now.value / 1000)
  const shown = tape.histogram.value.filter(({ atSecond }) => atSecond > nowSecond - seconds)
  const most = niceMost(shown.map(totalOf))
  return (
    <section class="panel" aria-label="Outcomes a second">
      <header>
        <h2>Outcomes a second</h2>
        <span class="legend">
          <Mark fill="f-water" name="delivered" />
          <Mark fill="f-fail" name="failed, tried again" />
          <Mark fill="f-silt" name="dead letter" />
          <Mark fill="f-rule" name="only counted" />
          <span>
            <svg viewBox="0 0 12 10" aria-hidden="true">
              <rect fill="url(#hatchm)" width="12" height="10" />
            </svg>
            came while paused
          </span>
        </span>
        <span class="aside">last 2 m, 0 to {count(most)}</span>
      </header>
      <div class="pad">
        <svg
          class="hist"
          viewBox={`0 0 ${width} 92`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Outcomes a second over two minutes, at most ${count(most)}`}
        >
          <path class="p-rule" d={`M0 ${height + 0.5}H${width}`} />
          {shown.map((one) => (
            <Bar key={one.atSecond} second={one} x={width - (nowSecond - one.atSecond + 1) * step} most={most} />
          ))}
        </svg>
        <p class="row between muted xs">
          <span>{clock((nowSecond - seconds) * 1000, zone.value)}</span>
          <span>now</span>
        </p>
      </div>
    </section>
  )
}

function Bar({ second, x, most }: { second: Second; x: number; most: number }) {
  const high = (many: number) => (many / most) * (height - 4)
  const [delivered, failed, dead, omitted] = [
    high(second.delivered),
    high(second.failed),
    high(second.dead),
    high(second.omitted),
  ]
  if (second.whilePaused)
    return (
      <rect
        fill="url(#hatchm)"
        x={x}
        y={height - high(totalOf(second))}
        width={step - 2}
        height={high(totalOf(second))}
      />
    )
  return (
    <>
      <rect class="f-water" x={x} y={height - delivered} width={step - 2} height={delivered} />
      {failed > 0 && (
        <rect
          class="f-fail"
          x={x}
          y={height - delivered - Math.max(2, failed)}
          width={step - 2}
          height={Math.max(2, failed)}
        />
      )}
      {omitted > 0 && (
        <rect class="f-rule" x={x} y={height - delivered - failed - dead - omitted} width={step - 2} height={omitted} />
      )}
      {dead > 0 && (
        <rect
          class="f-silt"
          x={x}
          y={height - delivered - failed - Math.max(2.5, dead)}
          width={step - 2}
          height={Math.max(2.5, dead)}
        />
      )}
    </>
  )
}

const Mark = ({ fill, name }: { fill: string; name: string }) => (
  <span>
    <svg viewBox="0 0 12 10" aria-hidden="true">
      <rect class={fill} width="12" height="10" />
    </svg>
    {name}
  </span>
)
