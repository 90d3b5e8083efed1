import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { TailraceError } from '#shared/errors.ts'
import { clientRetry, createClient, type KafkaConnection } from './connection.ts'
import { isKafkaError, kafkaUnavailable } from './errors.ts'
import { createWire } from './wire.ts'

/** A kafkajs admin that is thrown away at its first failure: its view of the cluster never expires by itself. */
export type AdminClient = {
  /** Runs `ask` on a connected admin, up to 3 times, each after a failure with a fresh one. Rejects with a TailraceError. */
  call<T>(doing: string, ask: (admin: Admin) => Promise<T>): Promise<T>
  /**
   * The same about one topic; undefined when there is no such topic. Only an admin that was asked about nothing else is
   * taken at its word: another one asks for the metadata of all the topics it knows together, and a deleted one speaks for
   * the others. Theirs is kept then, because absent topics are asked for again and again.
   */
  callAbout<T>(doing: string, topic: string, ask: (admin: Admin) => Promise<T>): Promise<T | undefined>
  close(): Promise<void>
}

type OpenAdmin = { admin: Admin; close(): Promise<void> }
/** An admin that several questions may be on at a time. */
type SharedAdmin = { opening: Promise<OpenAdmin>; questions: number; isGivenUp: boolean }
type Asked<T> = { answer: T; asked: SharedAdmin }

const tries = 3
const pauseMs = 200

/** An admin client that connects at its first call. */
export function createAdminClient(connection: KafkaConnection): AdminClient {
  let current: SharedAdmin | undefined
  let isClosed = false
  const shut = ({ opening }: SharedAdmin) =>
    opening.then(
      (open) => open.close(),
      () => undefined,
    )
  const open = () => {
    current = { opening: connect(connection), questions: 0, isGivenUp: false }
    return current
  }
  /** Nobody asks it any more; it goes when those who do have their answer, which another one would not give them sooner. */
  const giveUp = (shared: SharedAdmin) => {
    if (current === shared) current = undefined
    if (shared.isGivenUp) return
    shared.isGivenUp = true
    if (shared.questions === 0) void shut(shared)
  }
  const tryOnce = async <T>(ask: (admin: Admin) => Promise<T>): Promise<Asked<T>> => {
    if (isClosed) throw new TailraceError('stopping', 'this Kafka admin is closed')
    const asked = current ?? open()
    asked.questions += 1
    try {
      return { answer: await ask((await asked.opening).admin), asked }
    } catch (error) {
      giveUp(asked)
      throw error
    } finally {
      asked.questions -= 1
      if (asked.isGivenUp && asked.questions === 0) void shut(asked)
    }
  }
  const askAnother = async <T>(ask: (admin: Admin) => Promise<T>): Promise<T> => {
    const another = await connect(connection)
    try {
      return await ask(another.admin)
    } finally {
      void another.close()
    }
  }
  const tryAll = async <T>(doing: string, act: () => Promise<T>): Promise<T> => {
    for (let failures = 1; ; failures += 1) {
      try {
        return await act()
      } catch (error) {
        if (failures === tries || isClosed) throw kafkaUnavailable(error, doing)
        await sleep(pauseMs)
      }
    }
  }
  return {
    call: (doing, ask) => tryAll(doing, async () => (await tryOnce(ask)).answer),
    callAbout: (doing, topic, ask) => {
      const askIfKnown = (admin: Admin) => ask(admin).catch(unlessUnknown)
      return tryAll(`${doing} ${topic}`, async () => {
        const { answer, asked } = await tryOnce(askIfKnown)
        if (answer !== unknownTopic) return answer
        // A topic made a moment ago is not known to every broker yet.
        await sleep(pauseMs)
        const fresh = await askAnother(askIfKnown)
        if (fresh === unknownTopic) return undefined
        // It knows the topic: the shared one was misled, and would be about others.
        giveUp(asked)
        return fresh
      })
    },
    close: async () => {
      isClosed = true
      const last = current
      current = undefined
      if (last !== undefined) await shut(last)
    },
  }
}

const unknownTopic = Symbol('there is no such topic')

function unlessUnknown(error: unknown): typeof unknownTopic {
  if (isKafkaError(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return unknownTopic
  throw error
}

async function connect(connection: KafkaConnection): Promise<OpenAdmin> {
  const wire = createWire()
  const admin = createClient(connection, { wire, suffix: '-admin', retry: clientRetry }).admin({ retry: clientRetry })
  try {
    await admin.connect()
  } catch (error) {
    wire.cut()
    throw error
  }
  return { admin, close: () => admin.disconnect().then(wire.cut, wire.cut) }
}
