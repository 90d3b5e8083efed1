/** "–": no value, as opposed to 0. */
export const noValue = '–'

const groups = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** 70656 → "70,656". */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? noValue : groups.format(value)
}

/** "1 event", "2 events". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** Events a second: "205 /s", "0.4 /s". */
export function rate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined) return noValue
  return `${perSecond > 0 && perSecond < 9.95 ? trimmed(perSecond, 1) : count(perSecond)} /s`
}

/** 0.99986 → "99.986"; never rounded up to 100. */
export function percent(ratio: number | null | undefined, digits = 3): string {
  if (ratio === null || ratio === undefined) return noValue
  const scale = 10 ** digits
  return trimmed(Math.floor(ratio * 100 * scale + 1e-6) / scale, digits)
}

const units = ['bytes', 'KB', 'MB', 'GB', 'TB']

/** Bytes in units of 1,000: "812 bytes", "61.2 MB". */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return noValue
  let unit = 0
  let shown = value
  for (; shown >= 1000 && unit < units.length - 1; unit += 1) shown /= 1000
  return unit === 0 ? `${count(value)} bytes` : `${trimmed(shown, 1)} ${units[unit]}`
}

/** A number with at most `digits` decimals and no trailing zeros. */
export function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)))
}
