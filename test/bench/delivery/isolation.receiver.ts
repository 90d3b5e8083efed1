import { answerAll } from '../answering.ts'

/**
 * Counts by path. Bodies that begin with `{"at":<ms>` also tell how long they took. On any message it says what came since
 * the last one, and forgets it.
 */
export type Counted = Record<string, { count: number; ms: number[] }>

const bodyStart = Buffer.from('\r\n\r\n')
let counted: Counted = {}

answerAll(0, (request) => {
  const path = /^POST \/(\w*)/.exec(request.toString('latin1', 0, 64))?.[1] ?? ''
  const known = counted[path] ?? { count: 0, ms: [] }
  counted[path] = known
  known.count += 1
  const body = request.indexOf(bodyStart) + bodyStart.length
  const at = /^\{"at":(\d+)/.exec(request.toString('latin1', body, body + 32))?.[1]
  if (at !== undefined) known.ms.push(Date.now() - Number(at))
})
process.on('message', () => {
  process.send?.(counted)
  counted = {}
})
