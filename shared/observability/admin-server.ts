import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Metrics } from './metrics.ts'

/** Why this instance cannot serve now; an empty list means ready. */
export type Readiness = () => readonly string[]

export type AdminServer = { readonly url: string; close(): Promise<void> }

type AdminOptions = { host: string; port: number; metrics: Metrics; ready: Readiness }

/**
 * `/livez`, `/readyz` (503 with the reasons) and `/metrics` on a port of their own, away from the traffic. Listens with
 * `exclusive: true`, so that workers of one cluster never share it.
 */
export async function startAdminServer({ host, port, metrics, ready }: AdminOptions): Promise<AdminServer> {
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type }).end(body)
    const path = request.url?.split('?')[0]
    if (path === '/livez') return answer(200, 'ok\n')
    if (path === '/metrics') return answer(200, await metrics.registry.metrics(), metrics.registry.contentType)
    if (path !== '/readyz') return answer(404, 'known paths: /livez /readyz /metrics\n')
    const reasons = ready()
    return reasons.length === 0 ? answer(200, 'ready\n') : answer(503, `${reasons.join('\n')}\n`)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => resolve())
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://${host}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
