import { answerAll } from '../answering.ts'

/** Tells on request how many came, and when the first and the last did. */
let [count, firstAtMs, lastAtMs] = [0, 0, 0]

answerAll(Number(process.argv[2] ?? 0), () => {
  count += 1
  lastAtMs = performance.now()
  if (count === 1) firstAtMs = lastAtMs
})
process.on('message', () => process.send?.({ count, firstAtMs, lastAtMs }))
