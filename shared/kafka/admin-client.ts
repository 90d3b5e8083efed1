import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { TailraceError } from '#shared/errors.ts'
import { clientRetry, createClient, type KafkaConnection } from './connection.ts'
import { kafkaUnavailable } from './errors.ts'
import { createWire } from './wire.ts'

/** A kafkajs admin that is thrown away at its first failure: its view of the cluster never expires by itself. */
export type AdminClient = {
  /** Runs `ask` on a connected admin, up to 3 times, each after a failure with a fresh one. Rejects with a TailraceError. */
  call<T>(doing: string, ask: (admin: Admin) => Promise<T>): Promise<T>
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
  return {
    call: async (doing, ask) => {
      for (let failures = 1; ; failures += 1) {
        try {
          return await tryOnce(ask)
        } catch (error) {
          if (failures === tries || isClosed) throw kafkaUnavailable(error, doing)
          await sleep(pauseMs)
        }
      }
    },
    close: async () => {
      isClosed = true
      if (current !== undefined) await giveUp(current)
    },
  }
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
