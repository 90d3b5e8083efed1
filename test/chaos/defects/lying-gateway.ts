import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Pool } from 'undici'

export type Gateway = { url: string; dropped(): number; close(): Promise<void> }

const acknowledgement = JSON.stringify({ stream: 'none', partition: 0, offset: 0 })

/**
 * Seeded defect: a door that acknowledges every event but throws away each `every`th one after its acknowledgement. All
 * others it hands on to `publishUrl`.
 */
export async function startLyingGateway(publishUrl: string, every: number): Promise<Gateway> {
  const pool = new Pool(publishUrl)
  let count = 0
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    count += 1
    if (count % every === 0) {
      response.writeHead(202, { 'content-type': 'application/json' }).end(acknowledgement)
      return
    }
    const { connection: _, host: __, 'transfer-encoding': ___, ...headers } = request.headers
    const answer = await pool.request({ method: 'POST', path: request.url ?? '/', headers, body })
    response.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type']) })
    response.end(Buffer.from(await answer.body.arrayBuffer()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dropped: () => Math.floor(count / every),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await pool.destroy()
    },
  }
}
