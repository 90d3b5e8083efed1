import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '#shared/observability/log.ts'
import { cutDamaged, type DamagedBatch, type FetchVersion } from './damaged-batches.ts'
import { patchable } from './patched-client.ts'

type Response = { decode(bytes: Buffer): Promise<unknown>; [mark]?: true }

/** A batch is damaged until another replica leads: whoever reads it asks again, but not without a rest. */
const restMs = 500
const sayAgainMs = 60_000

const mark = Symbol('checks every batch')
const saidAtMs = new Map<string, number>()
let log: Log | null = null

/**
 * Checks the checksum of every batch that is fetched, as Kafka's own clients do; kafkajs never does, and a byte that turned
 * on a broker's disk would reach receivers as if it had been published. A consumer gets nothing from a damaged batch on and
 * asks for it again: a broker that is restarted, or that another one replaces as leader, has it whole. A plain fetch is
 * rejected. False, and nothing changed, for an unknown version.
 */
export function patchFetchResponses(): boolean {
  const consumer = patchable<Response>('protocol/requests/fetch/v11/response')
  const plain = patchable<Response>('protocol/requests/fetch/v4/response')
  if (consumer === null || plain === null) return false
  check(consumer, 11, async (damaged) => {
    for (const batch of damaged) say(batch)
    await pause(restMs)
  })
  check(plain, 4, ([batch]) => {
    if (batch !== undefined) throw new Error(textOf(batch))
  })
  return true
}

/** Where damage is told: there is one log in a process. */
export function tellDamageTo(to: Log): void {
  log = to
}

type Reaction = (damaged: readonly DamagedBatch[]) => void | Promise<void>

function check(response: Response, version: FetchVersion, react: Reaction): void {
  if (response[mark] !== undefined) return
  const { decode } = response
  const checked = async (bytes: Buffer) => {
    const damaged = cutDamaged(bytes, version)
    if (damaged.length > 0) await react(damaged)
    return await decode(bytes)
  }
  Object.assign(response, { decode: checked, [mark]: true })
}

function say(batch: DamagedBatch): void {
  const text = textOf(batch)
  const nowMs = performance.now()
  if (nowMs - (saidAtMs.get(text) ?? Number.NEGATIVE_INFINITY) < sayAgainMs) return
  saidAtMs.set(text, nowMs)
  log?.error(batch, `${text}: it is not read until another replica leads`)
}

const textOf = ({ topic, partition, offset }: DamagedBatch): string =>
  `the batch at ${topic}/${partition}/${offset} is damaged on the disk of its leader`
