import { type ErrorCode, errorTable } from '#shared/errors.ts'
import type { Route } from './route.ts'

/**
 * The statuses that a route refuses with, as far as they follow from what it takes: each of them is caused once in a test.
 * What depends on the moment (409, 503 …), and what every server refuses (405, 413, 431), stands under `default`.
 */
export function refusalsOf({ scope, path, method, body, conditional, refusals = [] }: Route): number[] {
  return [
    // A query parameter that nobody knows is enough.
    400,
    // 403 also for a cookie that another page sent along.
    ...(scope === null ? [] : [401, 403]),
    ...(path.includes('{') && method !== 'PUT' ? [404] : []),
    ...(conditional === true ? [412] : []),
    ...(body === undefined ? [] : [415]),
    ...refusals,
  ]
}

/** The titles of the problems with this status. */
export function describeRefusal(status: number): string {
  const codes = Object.keys(errorTable) as ErrorCode[]
  return codes
    .filter((code) => errorTable[code].httpStatus === status)
    .map((code) => `\`${code}\``)
    .join(', ')
}
