import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from '../../support/until.ts'
import type { Scene } from './fault.ts'

/**
 * A subscription from the beginning of the stream is deleted before it has everything; the next one of its name is another
 * one: it gets every event, each once, and the former one gets nothing more.
 */
export async function recreateSubscription({ stack, experiment, round }: Scene): Promise<void> {
  const { run, stream } = experiment
  const subscription = `${run}-again-${round}`
  const former = await startCounting()
  try {
    const destination = { targets: [{ url: former.url }] }
    await stack.api.putSubscription(subscription, { stream, from: 'earliest', destination })
    await until('the former one gets events', () => former.seen().requests > 50)
    await stack.api.deleteSubscription(subscription)
    const deletedAtMs = performance.now()
    experiment.mark('recreate-subscription', subscription)
    const { receiver } = await experiment.addCourse({ subscription, members: { from: 'earliest' } })
    const createdMs = performance.now() - deletedAtMs
    await until('the new one gets events', () => receiver.progress().distinct > 50)
    const { requests, lastAtMs } = former.seen()
    experiment.tell(
      `recreate-subscription: the former one had ${requests} requests, the last ${Math.max(0, lastAtMs - deletedAtMs).toFixed(0)} ms ` +
        `after its end; the new one was active ${createdMs.toFixed(0)} ms after it`,
    )
  } finally {
    former.close()
  }
}

/** A receiver outside of the history, which takes everything. */
async function startCounting() {
  const seen = { requests: 0, lastAtMs: 0 }
  const server = createServer((request, response) => {
    seen.requests += 1
    seen.lastAtMs = performance.now()
    request.resume()
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}/`, seen: () => ({ ...seen }), close }
}
