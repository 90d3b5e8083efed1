import { createRequire } from 'node:module'

/** A payload to publish. */
export type DemoPayload = { type: string; key: string; body: string }

type Example = { name: string; examples: { repository?: { full_name?: string } }[] }

const examples = '@octokit/webhooks-examples/api.github.com/index.json'

/** GitHub's own webhook examples, keyed by repository. */
export function demoPayloads(): DemoPayload[] {
  const groups = createRequire(import.meta.url)(examples) as Example[]
  return groups.flatMap(({ name, examples: bodies }) =>
    bodies.map((body) => ({
      type: `github.${name}`,
      key: body.repository?.full_name ?? 'no-repository',
      body: JSON.stringify(body),
    })),
  )
}
