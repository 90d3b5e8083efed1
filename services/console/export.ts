import { Readable } from 'node:stream'
import type { Answer, Route, RouteRequest } from './route.ts'

export const linesType = 'application/x-ndjson'

/** Whether the caller wants a list as lines of JSON, all of it. */
export function wantsLines(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((range) => range.split(';')[0]?.trim().toLowerCase() === linesType)
}

type Page = { items: readonly unknown[]; next: string | null }

/** Few pages, so that an export costs little beside everything else. */
const pageItems = 500

/**
 * Every item of a list from its cursor to its end, a line each. The next page is asked for when the one before was sent, so
 * a slow reader costs no memory; who began on a page that was refused hears that as a problem, later the lines just end.
 */
export async function exportLines(route: Route, request: RouteRequest): Promise<Answer> {
  const ask = async (cursor: string | number | undefined) => {
    const query = { ...request.query, limit: pageItems, ...(cursor === undefined ? {} : { cursor }) }
    return (await route.handle({ ...request, query })).body as Page
  }
  const first = await ask(request.query.cursor)
  const lines = async function* () {
    let page = first
    for (;;) {
      if (page.items.length > 0) yield page.items.map((item) => `${JSON.stringify(item)}\n`).join('')
      if (page.next === null) return
      page = await ask(page.next)
    }
  }
  return { status: 200, body: Readable.from(lines()), headers: { 'content-type': linesType } }
}
