import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '#shared/errors.ts'
import { type DatabaseFile, isDamage } from './open-database.ts'
import type { QueryName } from './queries/registry.ts'
import { createReader } from './reader.ts'

/** One question of the main thread; answered in the order in which they come. */
export type Question = { id: number; name: QueryName; args: unknown }
export type Reply = { id: number; answer: unknown } | { id: number; failure: string; isDamage: boolean }

const reader = createReader(workerData as DatabaseFile)

parentPort?.on('message', ({ id, name, args }: Question) => {
  try {
    parentPort?.postMessage({ id, answer: reader.ask(name, args as never) } satisfies Reply)
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    const failure = cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`
    parentPort?.postMessage({ id, failure, isDamage: isDamage(cause) } satisfies Reply)
  }
})
