import { createRequire } from 'node:module'
import { forms, type OutgoingEvent, outgoingEvent } from './event.ts'

type Example = { name: string; examples: { repository?: { full_name: string } }[] }

const examples = createRequire(import.meta.url)('@octokit/webhooks-examples/api.github.com/index.json') as Example[]

/** Every payload of GitHub's own examples in every form, keyed by repository, as GitHub would print it. */
export function githubEvents(run: string): OutgoingEvent[] {
  const next = new Map<string, number>()
  const payloads = examples.flatMap(({ name, examples: some }) => some.map((payload) => ({ name, payload })))
  return payloads.flatMap(({ name, payload }) =>
    forms.map((form) => {
      const key = payload.repository?.full_name ?? 'no-repository'
      const seq = next.get(key) ?? 0
      next.set(key, seq + 1)
      const data = { type: `com.github.${name}`, source: `/repos/${key}`, json: JSON.stringify(payload, null, 2) }
      return outgoingEvent({ run, publisher: 'p1', key, seq }, form, data)
    }),
  )
}
