import { createServer, type RequestListener } from 'node:http'
import type { Log } from '#shared/observability/log.ts'
import { type DemoParts, runDemoProcess } from './demo-process.ts'
import { createRoutes } from './routes.ts'

await runDemoProcess('demo-receiver', openReceiver)

/** The receiver of the subscription demo-inbox: takes webhooks as a user's receiver would, and shows them on a page. */
async function openReceiver({ config, log, resources }: DemoParts): Promise<void> {
  const server = createServer(listener(createRoutes(config.TAILRACE_DEMO_SECRET), log))
  const port = config.TAILRACE_PORT || Number(new URL(config.TAILRACE_DEMO_URL).port)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: config.TAILRACE_HOST }, () => resolve())
  })
  resources.defer('http', () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeIdleConnections()
    return closed
  })
}

function listener(handle: ReturnType<typeof createRoutes>, log: Log): RequestListener {
  return async (request, response) => {
    try {
      await handle(request, response)
    } catch (err) {
      log.debug({ err }, 'the request broke off')
      response.destroy()
    }
  }
}
