/** The status of an answer; its body is only made text for who asks. */
export type Answer = { status: number; body(): string }

const headEnd = Buffer.from('\r\n\r\n')
const statusAt = 'HTTP/1.1 '.length

/** The answer in these bytes, or undefined while some of it is missing. Throws when it does not announce its length. */
export function readAnswer(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf(headEnd)
  if (end === -1) return undefined
  const head = bytes.toString('latin1', 0, end)
  const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`an answer without content-length: ${head}`)
  const bodyAt = end + headEnd.length
  if (bytes.length < bodyAt + Number(length)) return undefined
  return { status: Number(head.slice(statusAt, statusAt + 3)), body: () => bytes.toString('utf8', bodyAt) }
}
