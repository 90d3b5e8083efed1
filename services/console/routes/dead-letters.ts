import { Type } from 'typebox'
import type { Console } from '../context.ts'
import { deadLetterAnswer, deadLetterAnswerOf, leftOutAnswer, summaryAnswer, summaryOf } from '../dead-letter-answer.ts'
import { findDeadLetters, selectionOfQuery } from '../dead-letters.ts'
import { documented } from '../docs.ts'
import { pageOf, pageQuery } from '../page.ts'
import type { Query, Route } from '../route.ts'

const tag = 'dead letters'
const time = (description: string) => Type.String({ maxLength: 40, description })

const deadLetterList = Type.Object({
  ...{ items: Type.Array(deadLetterAnswer), next: Type.Union([Type.String(), Type.Null()]), leftOut: leftOutAnswer },
})

const filters = {
  subscription: Type.String({ maxLength: 63 }),
  cause: Type.String({ maxLength: 64 }),
  key: Type.String({ maxLength: 4_096, description: 'Key of the events.' }),
  type: Type.String({ maxLength: 4_096, description: 'Type of the events.' }),
  since: time('Dead at or after this time (RFC 3339).'),
  until: time('Dead before this time.'),
}

export function deadLetterRoutes(console: Console): Route[] {
  return [
    {
      ...{
        method: 'GET',
        path: '/v1/dead-letters',
        operationId: 'listDeadLetters',
        tag,
        scope: 'read',
        isExported: true,
      },
      summary: 'List deliveries that ended without success',
      query: { ...pageQuery, ...filters },
      answers: documented.many(deadLetterList),
      handle: ({ query }) => list(console, query),
    },
    {
      ...{ method: 'GET', path: '/v1/dead-letters/summary', operationId: 'summarizeDeadLetters', tag, scope: 'read' },
      summary: 'Count them by subscription, cause and code',
      query: {
        groupBy: Type.Unsafe<string>({ type: 'string', enum: ['cause'], default: 'cause' }),
        ...{ subscription: filters.subscription, since: filters.since, until: filters.until },
      },
      answers: { 200: { description: 'The largest group first.', schema: summaryAnswer } },
      async handle({ query }) {
        const { letters, leftOut, asOfMs } = await findDeadLetters(console, selectionOfQuery(query))
        return { status: 200, body: summaryOf(letters, leftOut), headers: ageOf(asOfMs) }
      },
    },
  ]
}

async function list(console: Console, query: Query) {
  const { letters, leftOut, asOfMs } = await findDeadLetters(console, selectionOfQuery(query))
  const listed = letters.map((letter) => ({ letter, createdAt: new Date(letter.deadAtMs).toISOString() }))
  const page = pageOf(listed, query, ({ letter }) => letter.key)
  const body = { ...page.map(({ letter }) => deadLetterAnswerOf(letter, console.streamOf)), leftOut }
  return { status: 200, body, headers: ageOf(asOfMs) }
}

const ageOf = (asOfMs: number | null): Record<string, string> =>
  asOfMs === null ? {} : { 'tailrace-as-of': new Date(asOfMs).toISOString() }
