/** A missing value is a gap, never zero. */
export type Values = readonly (number | null)[]

export function linePath(values: Values, width: number, height: number, most: number): string {
  const step = values.length > 1 ? width / (values.length - 1) : width
  let path = ''
  let isOpen = false
  for (const [index, value] of values.entries()) {
    if (value === null) {
      isOpen = false
      continue
    }
    const y = height - 0.5 - (value / (most || 1)) * (height - 2)
    path += `${isOpen ? 'L' : 'M'}${(index * step).toFixed(1)} ${y.toFixed(1)}`
    isOpen = true
  }
  return path
}

/** The largest value, rounded up to 1, 2 or 5 times a power of ten: the end of an axis. */
export function niceMost(values: Values): number {
  const most = Math.max(0, ...values.map((value) => value ?? 0))
  if (most === 0) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return ([1, 1.5, 2, 3, 5, 10].find((one) => one * power >= most) ?? 10) * power
}

type Props = {
  values: Values
  tone?: 'flow' | 'held' | 'silt' | 'mute' | 'fail'
  isFilled?: boolean
  markAt?: number | null
  height?: number
}

/** A small line without an axis; its range stands beside it in words. */
export function Spark({ values, tone = 'flow', isFilled = false, markAt = null, height = 26 }: Props) {
  const most = niceMost(values)
  const path = linePath(values, 120, height, most)
  return (
    <svg class="spark" viewBox={`0 0 120 ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {isFilled && path !== '' && <path class="f-held-soft" d={`${path}V${height}H0Z`} />}
      <path class="p-axis" d={`M0 ${height - 0.5}H120`} />
      {markAt !== null && <path class="p-mark" d={`M${(markAt * 120).toFixed(1)} 0V${height}`} />}
      <path class={`p p-${tone}`} d={path} />
    </svg>
  )
}
