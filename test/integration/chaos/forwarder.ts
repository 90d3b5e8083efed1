import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { request } from 'undici'

/** What the forwarder does with the nth event: pass it on and answer 202, answer 202 only, or answer with a status. */
export type Treatment = 'forward' | 'drop' | 503 | 422

/** The simplest service there could be: hands each event to one receiver before it acknowledges it. Keeps order, loses nothing. */
export async function startForwarder(t: TestContext, receiverUrl: string, treat: (count: number) => Treatment) {
  let count = 0
  const server = createServer(async (incoming, response) => {
    count += 1
    const treatment = treat(count)
    const body = await bodyOf(incoming)
    if (treatment === 'forward') {
      const headers = deliveryHeaders(incoming, body, count)
      await request(receiverUrl, { method: 'POST', headers, body })
    }
    const status = typeof treatment === 'number' ? treatment : 202
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"stream":"s","partition":0,"offset":1}')
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** All ce- attributes as headers, taken from the headers, the envelope or the query. */
function deliveryHeaders(incoming: IncomingMessage, body: Buffer, count: number): Record<string, string> {
  const query = Object.fromEntries(new URL(incoming.url ?? '', 'http://door').searchParams)
  const structured = incoming.headers['content-type'] === 'application/cloudevents+json'
  const { data: _, ...envelope } = structured ? (JSON.parse(body.toString()) as Record<string, string>) : {}
  const given = Object.entries(incoming.headers).filter(([name]) => name.startsWith('ce-'))
  const plain = query.type === undefined ? {} : { specversion: '1.0', type: query.type, subject: query.subject ?? '' }
  const named = Object.entries({ ...envelope, ...plain }).map(([name, value]) => [`ce-${name}`, value])
  return {
    'content-type': incoming.headers['content-type'] ?? '',
    ...(Object.fromEntries([...given, ...named]) as Record<string, string>),
    'tailrace-subscription': 'billing',
    'tailrace-position': `s-0-${count}`,
    'tailrace-attempt': '1',
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
