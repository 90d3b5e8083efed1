import { parseArgs } from 'node:util'
import { shareSubscription } from '../integration/consumer/takeover.ts'

/**
 * Milliseconds from the SIGKILL of a consumer until another one has delivered events of all partitions, on a real cluster
 * (KAFKA_BROKERS) with the real Redis at REDIS_URL. Nobody but the other consumer sees the death.
 *
 *   node test/bench/takeover.ts [--kills 10]
 */
const { values } = parseArgs({ options: { kills: { type: 'string', default: '10' } } })
const kills = Number(values.kills)

const closers: (() => unknown)[] = []
const { REDIS_URL = '' } = process.env
const sharing = await shareSubscription({ after: (close) => closers.push(close) }, { REDIS_URL })
const taken: number[] = []
for (let kill = 0; kill < kills; kill += 1) {
  taken.push(Math.round(await sharing.takeoverMs(await sharing.startMortal())))
  await sharing.untilOwners(1)
}
const sorted = taken.toSorted((a, b) => a - b)
console.log(`${kills} kills: ${taken.join(' ')} ms`)
console.log(`median ${sorted[Math.floor(kills / 2)]} ms, longest ${sorted.at(-1)} ms`)
for (const close of closers) await close()
