import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Certificates } from './certificates.ts'

/** One request as it arrived, with the name in the certificate of who sent it. */
export type TlsReceived = { headers: IncomingHttpHeaders; body: string; caller: string | undefined }

export type TlsAnswer = { status: number; body?: string }

type Cleanup = { after(close: () => unknown): void }

/** A receiver over TLS on 127.0.0.1 that lets nobody in without a client certificate of the same authority. */
export async function createTlsReceiver(
  t: Cleanup,
  { key, good, ca }: Certificates,
  answer: (request: TlsReceived) => TlsAnswer = () => ({ status: 200 }),
) {
  const requests: TlsReceived[] = []
  const server = createServer(
    { key, cert: good, ca, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const caller = String((request.socket as TLSSocket).getPeerCertificate().subject.CN)
        const received = { headers: request.headers, body: Buffer.concat(chunks).toString(), caller }
        requests.push(received)
        const { status, body = '' } = answer(received)
        response.writeHead(status, { 'content-length': Buffer.byteLength(body) }).end(body)
      })
    },
  )
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`, requests }
}
