import type { GroupKeeper } from '#shared/kafka/group-keeper.ts'
import type { AckCache } from './ack-cache.ts'
import type { Commits } from './commits.ts'
import type { Loading } from './loading.ts'
import type { LogStarts } from './log-starts.ts'
import type { DeliveryEffect, Effect, Half } from './pair/effects.ts'
import type { Pair } from './pair/states.ts'
import type { RetryLanes } from './retry-lanes.ts'

/** Whom the effects of pairs go to. */
export type Hands = {
  topics: Readonly<Record<Half, string>>
  keeper: Pick<GroupKeeper, 'pause' | 'resume' | 'seek'>
  commits: Pick<Commits, 'note'>
  loading: Pick<Loading, 'want'>
  logStarts: Pick<LogStarts, 'look'>
  lanes: Pick<RetryLanes, 'append' | 'drop' | 'trim'>
  acks: Pick<AckCache, 'note'>
  /** Lets the stream half be read on, if there is room for what it brings. */
  resumeStream(pair: Pair): void
  /** A record of the pair goes to its retry partition. */
  onAppend(pair: Pair, append: Extract<Effect, { kind: 'append' }>): void
  others(pair: Pair, effect: DeliveryEffect): void
}

/** Does, or begins, what a pair asks for. */
export function perform(pair: Pair, effect: Effect, hands: Hands): void {
  const { topics, keeper, lanes } = hands
  const { partition } = pair
  switch (effect.kind) {
    case 'pause':
      keeper.pause(topics[effect.of], [partition])
      break
    case 'resume':
      if (effect.of === 'stream') hands.resumeStream(pair)
      else keeper.resume(topics.retry, [partition])
      break
    case 'seek':
      keeper.seek(topics[effect.of], partition, effect.offset)
      break
    case 'load':
      hands.loading.want(pair, effect.token)
      break
    case 'check-log-start':
      void hands.logStarts.look(effect.of, pair)
      break
    case 'commit':
      hands.commits.note(pair, effect)
      break
    case 'append':
      lanes.append(partition, effect)
      hands.onAppend(pair, effect)
      break
    case 'delivered':
      hands.acks.note(effect.token, partition, effect.offset)
      break
    case 'drop-appends':
      lanes.drop(partition, effect.token)
      break
    case 'trim':
      lanes.trim(partition, effect.offset)
      break
    default:
      hands.others(pair, effect)
  }
}
