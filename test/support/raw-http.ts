import { connect, type Socket } from 'node:net'

/** The first answer on a connection, as it came; status 0 = the connection ended without one. */
export type RawAnswer = {
  status: number
  /** The code of a problem answer. */
  code: string | null
  /** From the first byte sent to the end of the connection. */
  ms: number
  /** In lower case. */
  headers: string
  /** Everything that came, also what followed the first answer. */
  text: string
}

type Piece = string | Buffer

/** Sends the pieces as they are and reads until the server closes the connection. Rejects when nothing came but an error. */
export function sendRaw(port: number, pieces: readonly Piece[]): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const chunks: Buffer[] = []
    const socket: Socket = connect(port, '127.0.0.1', () => {
      for (const piece of pieces) socket.write(piece)
    })
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', (error) => (chunks.length > 0 ? undefined : reject(error)))
    socket.on('close', () => resolve(rawAnswer(Buffer.concat(chunks).toString('latin1'), performance.now() - started)))
  })
}

function rawAnswer(text: string, ms: number): RawAnswer {
  const [headers = '', ...rest] = text.split('\r\n\r\n')
  const length = Number(/^content-length: (\d+)/im.exec(headers)?.[1] ?? 0)
  const body = rest.join('\r\n\r\n').slice(0, length)
  const code = body.startsWith('{') ? (JSON.parse(body) as { code?: string }).code : undefined
  return { status: Number(headers.split(' ')[1] ?? 0), code: code ?? null, ms, headers: headers.toLowerCase(), text }
}

/** How many answers came on one connection. */
export const answersIn = ({ text }: RawAnswer): number => text.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0
