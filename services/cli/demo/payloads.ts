import { createRequire } from 'node:module'

/** A payload to publish: a real one of GitHub where the examples are installed. */
export type DemoPayload = { type: string; key: string; body: string }

type Example = { name: string; examples: { repository?: { full_name?: string } }[] }

const examples = '@octokit/webhooks-examples/api.github.com/index.json'

/** GitHub's own webhook examples, keyed by repository; two made-up ones when the package is not installed. */
export function demoPayloads(): DemoPayload[] {
  try {
    const groups = createRequire(import.meta.url)(examples) as Example[]
    return groups.flatMap(({ name, examples: bodies }) =>
      bodies.map((body) => ({
        type: `github.${name}`,
        key: body.repository?.full_name ?? 'no-repository',
        body: JSON.stringify(body),
      })),
    )
  } catch {
    return ['opened', 'closed'].map((action) => ({
      type: 'github.issues',
      key: 'octocat/hello-world',
      body: JSON.stringify({ action, repository: { full_name: 'octocat/hello-world' } }),
    }))
  }
}
