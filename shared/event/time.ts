const pattern = /^\d{4}-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))$/

/** Whether the text is an RFC 3339 date-time; any number of fraction digits, and the leap second 60. */
export function isRfc3339(text: string): boolean {
  const match = pattern.exec(text)
  if (match === null) return false
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0, offsetHour = 0, offsetMinute = 0] = match
    .slice(1)
    .map((digits) => Number(digits ?? 0))
  const timeIsReal = hour < 24 && minute < 60 && second <= 60 && offsetHour < 24 && offsetMinute < 60
  return timeIsReal && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(Number(text.slice(0, 4)), month)
}

function daysOf(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}
