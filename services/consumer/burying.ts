import type { Stream, Subscription } from '#shared/catalog/model.ts'
import type { Chronicle } from './chronicle.ts'
import { deadLetterOf } from './dead-letter.ts'
import type { RunnerEnvironment } from './environment.ts'
import type { Effect } from './pair/effects.ts'
import type { Pair } from './pair/states.ts'
import { appendDeadLetter } from './settle.ts'

export type BuryOptions = {
  environment: Pick<RunnerEnvironment, 'deadLetters' | 'telemetry'>
  subscription: Subscription
  stream: Stream
  chronicle: Chronicle
  /** False while it is doubtful whether the pair is still ours: its next owner may have delivered the event. */
  mayWrite(): boolean
}

type Burying = Extract<Effect, { kind: 'append-dead-letter' }>

/**
 * Appends the dead letter that a pair asks for, however long that takes, and tells that it is stored. Resolves with where it
 * stands; null when the epoch of the pair ended before.
 */
export async function bury(pair: Pair, burying: Burying, options: BuryOptions): Promise<number | null> {
  const { environment, subscription, stream, chronicle, mayWrite } = options
  const { deadLetters, telemetry } = environment
  const { token, delivery, cause, code, detail } = burying
  const ending = { cause, code, detail }
  const place = chronicle.ref({ partition: pair.partition, offset: delivery.offset })
  const letter = deadLetterOf({ subscription, stream, delivery, ending, nowMs: Date.now() })
  const offset = await appendDeadLetter(deadLetters, letter, {
    isWanted: () => pair.phase !== 'gone' && pair.token === token,
    mayWrite,
    onDelay: (error) => telemetry.deadLetterDelayed(place, error),
  })
  if (offset === null) chronicle.journal.notBuried(delivery)
  else chronicle.buried(pair, burying)
  return offset
}
