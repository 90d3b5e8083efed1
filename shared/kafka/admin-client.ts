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
   * The same about one topic; undefined when there is no such topic. Takes only a fresh admin at its word: one that was
   * asked about several topics asks for the metadata of all of them together, and a deleted one speaks for the others.
   */
  callAbout<T>(doing: string, topic: string, ask: (admin: Admin) => Promise<T>): Promise<T | undefined>
  close(): Promise<void>
}

type OpenAdmin = { admin: Admin; close(): Promise<void> }

const tries = 3
const pauseMs = 200

/** An admin client that connects at its first call. */
export function createAdminClient(connection: KafkaConnection): AdminClient {
  let current: Promise<OpenAdmin> | undefined
  let isClosed = false
  const giveUp = (opening: Promise<OpenAdmin>) => {
    if (current === opening) current = undefined
    return opening.then(
      (open) => open.close(),
      () => undefined,
    )
  }
  const tryOnce = async <T>(ask: (admin: Admin) => Promise<T>): Promise<T> => {
    if (isClosed) throw new TailraceError('stopping', 'this Kafka admin is closed')
    current ??= connect(connection)
    const opening = current
    try {
      return await ask((await opening).admin)
    } catch (error) {
      void giveUp(opening)
      throw error
    }
  }
  const tryAll = async <T>(ask: (admin: Admin) => Promise<T>, isAnswer: (error: unknown) => boolean): Promise<T> => {
    for (let failures = 1; ; failures += 1) {
      try {
        return await tryOnce(ask)
      } catch (error) {
        if (failures === tries || isClosed || (failures > 1 && isAnswer(error))) throw error
        await sleep(pauseMs)
      }
    }
  }
  return {
    call: (doing, ask) =>
      tryAll(ask, () => false).catch((error: unknown) => {
        throw kafkaUnavailable(error, doing)
      }),
    callAbout: (doing, topic, ask) =>
      tryAll(ask, isUnknownTopic).catch((error: unknown) => {
        if (isUnknownTopic(error)) return undefined
        throw kafkaUnavailable(error, `${doing} ${topic}`)
      }),
    close: async () => {
      isClosed = true
      if (current !== undefined) await giveUp(current)
    },
  }
}

const isUnknownTopic = (error: unknown) => isKafkaError(error, 'UNKNOWN_TOPIC_OR_PARTITION')

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
