import { setTimeout as pause } from 'node:timers/promises'
import type { DemoParts } from './demo-process.ts'
import { neighbours } from './neighbours.ts'

const againMs = 1_000

/** Subscribes the receivers of the demo to its stream, unless they are; what somebody made of them stays. */
export async function subscribeNeighbours(parts: DemoParts, signal: AbortSignal): Promise<void> {
  for (const neighbour of Object.values(neighbours)) {
    while (!(await subscribe(parts, neighbour, signal))) await pause(againMs, undefined, { signal })
  }
}

type Neighbour = (typeof neighbours)[keyof typeof neighbours]

/** False when the console cannot be reached, or not now. */
async function subscribe(
  { config, log }: DemoParts,
  { path, subscription, description, types }: Neighbour,
  signal: AbortSignal,
): Promise<boolean> {
  const definition = {
    ...{ stream: 'demo', description: `made by --demo: ${description}`, signingSecret: config.TAILRACE_DEMO_SECRET },
    destination: { targets: [{ url: new URL(path, config.TAILRACE_DEMO_URL).href }] },
    ...(types === null ? {} : { filter: { types } }),
  }
  const headers = {
    ...{ authorization: `Bearer ${config.TAILRACE_ADMIN_KEY}`, 'content-type': 'application/json' },
    'if-none-match': '*',
  }
  const url = `${config.TAILRACE_CONSOLE_URL}/v1/subscriptions/${subscription}`
  try {
    const answer = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(definition), signal })
    const text = await answer.text()
    // 412: it is there.
    if (answer.status === 201 || answer.status === 412) return true
    log.warn({ status: answer.status, answer: text, subscription }, 'not subscribed')
    return answer.status < 500
  } catch (err) {
    if (signal.aborted) throw err
    log.debug({ err }, 'the console cannot be reached')
    return false
  }
}
