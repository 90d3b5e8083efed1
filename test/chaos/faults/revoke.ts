import { until } from '../../support/until.ts'
import type { Facts } from '../check/facts.ts'
import type { Figure, Scene } from './fault.ts'

const publisher = 'revoked'
const load = { ratePerSecond: 50, seconds: 8, keys: 20 }
/** Without an acknowledgement for this long it gets none any more. */
const quietMs = 2_000

/** Its requests, and nobody else's, are refused once its key is gone. */
export function onlyItWasRefused({ requests }: Facts): Figure {
  const failed = requests.filter(({ outcome }) => outcome !== 'acknowledged')
  const others = failed.filter(({ actor }) => actor !== publisher)
  return {
    text: `revoke-key: ${failed.length - others.length} of its requests were refused, ${others.length} of others`,
    complaints: others.length === 0 ? [] : [`${others.length} requests failed that are not of the revoked key`],
  }
}

/** A publisher with a key of its own, which is deleted while it publishes. */
export async function revokeKey({ stack, experiment, round }: Scene): Promise<void> {
  const { stream } = experiment
  const name = `${experiment.run}-${round}`
  const { id, secret } = await stack.api.createKey({ name, scopes: [`publish:${stream}`] })
  const { progress, finished } = experiment.publishBeside(load, { publisher, keyPrefix: 'r', apiKey: secret })
  await until('its events are taken', () => progress().acknowledged > load.ratePerSecond)
  await stack.api.deleteKey(id)
  const deletedAtMs = performance.now()
  experiment.mark('revoke-key', id)
  let [acknowledged, lastMs] = [progress().acknowledged, deletedAtMs]
  await until('nothing of it is taken any more', () => {
    const now = progress()
    if (now.acknowledged > acknowledged) [acknowledged, lastMs] = [now.acknowledged, performance.now()]
    return now.failedRequests > 0 && performance.now() - lastMs > quietMs
  })
  await finished
  experiment.tell(`revoke-key: its last event was taken ${(lastMs - deletedAtMs).toFixed(0)} ms after it was deleted`)
}
