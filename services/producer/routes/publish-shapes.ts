import { Type } from 'typebox'
import { inSlices } from '#shared/resilience/slices.ts'
import type { ManyPublished } from '../many-answer.ts'

export const published = Type.Object({
  id: Type.String(),
  source: Type.String(),
  webhookId: Type.String(),
  stream: Type.String(),
  partition: Type.Integer(),
  offset: Type.Integer(),
  position: Type.String(),
  replayed: Type.Boolean(),
  subscriptions: Type.Integer(),
})

export const query = Type.Object(
  {
    type: Type.Optional(Type.String({ description: 'Type of a plain event.' })),
    key: Type.Optional(Type.String({ description: 'What order is kept by; the same for all events of a request.' })),
    subject: Type.Optional(Type.String({ description: 'Subject of a plain event.' })),
  },
  { additionalProperties: false },
)

/** 500 results take about half a millisecond. */
const resultsAtATime = 500

/** The answer about many events as JSON, made in slices: 10,000 results would take longer than one may. */
export async function manyText({ results, ...head }: ManyPublished): Promise<string> {
  const slices = inSlices()
  const texts: string[] = []
  for (let from = 0; from < results.length; from += resultsAtATime) {
    texts.push(JSON.stringify(results.slice(from, from + resultsAtATime)).slice(1, -1))
    const pause = slices.pause()
    if (pause !== undefined) await pause
  }
  return `${JSON.stringify(head).slice(0, -1)},"results":[${texts.join(',')}]}`
}
