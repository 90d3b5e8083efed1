import type { Readable } from 'node:stream'
import { TailraceError } from '#shared/errors.ts'
import { createAudience, type Listener } from './audience.ts'
import { messageText } from './message.ts'
import { beginWatch, type Pace, type Sources, type Watch } from './watch.ts'

/**
 * One watch for all live clients of this console. States: asleep → watching with the first client → lingering for 30 s after
 * the last one has gone, so that who comes back goes on where it was → asleep.
 */
export type LiveHub = {
  /** The event stream for one client; it ends by itself when it may not listen any more, or is too slow. */
  listen(listener: Listener): Promise<Readable>
  /** Ends every stream whose key or session was revoked. */
  recheck(): void
  /** Ends every stream, saying why. */
  close(): void
}

const usualPace = { stateMs: 1_000, deliveriesMs: 250, jobsMs: 500, commentMs: 15_000, lingerMs: 30_000 }

type Options = {
  sources: Sources
  mostClients: number
  /** Told of a source that did not answer; it is asked again. */
  failed(error: unknown): void
  pace?: Pace & { commentMs: number; lingerMs: number }
}

export function openLiveHub({ sources, mostClients, failed, pace = usualPace }: Options): LiveHub {
  let seats = 0
  let watch: Promise<Watch> | undefined
  let sleep: NodeJS.Timeout | undefined
  let isClosed = false
  const fallAsleep = () => {
    clearTimeout(sleep)
    watch?.then(({ stop }) => stop()).catch(failed)
    watch = undefined
  }
  const leave = () => {
    seats -= 1
    if (seats > 0 || isClosed) return
    clearTimeout(sleep)
    sleep = setTimeout(fallAsleep, pace.lingerMs).unref()
  }
  const audience = createAudience(leave)
  const beats = setInterval(audience.beat, pace.commentMs).unref()
  const awake = async (): Promise<Watch> => {
    clearTimeout(sleep)
    const waking = watch ?? beginWatch({ sources, pace, failed, tell: audience.tell })
    watch = waking
    try {
      return await waking
    } catch (error) {
      // The next client finds out for itself whether the sources answer again.
      if (watch === waking) watch = undefined
      throw error
    }
  }
  return {
    async listen(listener) {
      if (isClosed) throw new TailraceError('stopping', 'This console is stopping.')
      if (seats >= mostClients) throw tooMany(mostClients)
      seats += 1
      try {
        // From here on without a pause: nothing happens between the first words and what follows them.
        return audience.join(listener, firstWords(await awake(), listener))
      } catch (error) {
        leave()
        throw error
      }
    },
    recheck: audience.recheck,
    close() {
      isClosed = true
      clearInterval(beats)
      audience.endAll('stopping')
      fallAsleep()
    },
  }
}

/** What was missed, or where that is not known any more everything as it is now. */
function firstWords({ journal, state }: Watch, { cursor, ...interest }: Listener): string {
  const missed = cursor === undefined ? null : journal.since(cursor, interest)
  if (missed !== null) return missed
  const reset = cursor === undefined ? '' : messageText({ event: 'reset', data: { reason: 'cursor-expired' } })
  // The id lets a client come back before anything has happened.
  const id = journal.cursor()
  const hello = interest.topics.has('state') ? { event: 'state', data: state() } : { event: 'listening', data: {} }
  return reset + messageText({ ...hello, id })
}

const tooMany = (most: number) =>
  new TailraceError('overloaded', `At most ${most} clients listen at a time (TAILRACE_LIMIT_LIVE_CLIENTS).`)
