import { allows } from '#shared/catalog/scopes.ts'
import { type DeadLetter, eventOf, isBodyLeftOut } from '#shared/delivery/dead-letter-record.ts'
import { TailraceError } from '#shared/errors.ts'
import { describeEvent } from '#shared/event/describe.ts'
import type { StoredRecord } from '#shared/event/record.ts'
import type { Caller } from '#shared/http/authenticate.ts'
import type { Console } from '../context.ts'
import type { Answer } from '../route.ts'
import { parsePosition, readStored } from './stored.ts'

/**
 * The body of an event as it was published, from a dead letter once its stream has expired it. Sent so that a browser shows it
 * as nothing but a file: whoever published it is not trusted by the pages of the console. Rejects with `scope-missing` or
 * `not-found`.
 */
export async function bodyOf(console: Console, text: string, { scopes }: Pick<Caller, 'scopes'>): Promise<Answer> {
  const at = parsePosition(text)
  if (at === null) throw new TailraceError('not-found', 'a position is <stream>-<partition>-<offset>')
  const scope = `consume:${at.stream}`
  if (!allows(scopes, scope)) throw new TailraceError('scope-missing', `The API key needs the scope ${scope}.`)
  const stream = console.catalog.stream(at.stream)
  const stored = stream === undefined ? null : await readStored(console, stream, at)
  const event = stored ?? (await fromLetters(console, at))
  if (event?.value == null) throw new TailraceError('not-found', `there is no event at ${text}, or it has expired`)
  const { contentType } = describeEvent(event, stream ?? { name: at.stream, defaultType: null })
  return {
    status: 200,
    body: event.value,
    headers: {
      'content-type': contentType ?? 'application/octet-stream',
      'content-disposition': `attachment; filename="${text}"`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, no-store',
    },
  }
}

async function fromLetters(console: Console, at: Parameters<typeof readStored>[2] & { stream: string }) {
  for (const letter of await console.index.ask('lettersAt', at)) {
    const event = await fromLetter(console, letter)
    if (event !== null) return event
  }
  return null
}

async function fromLetter({ admin, topics }: Console, { at, source }: DeadLetter): Promise<StoredRecord | null> {
  const record = await readStored({ admin }, { topic: topics.deadLetters }, at)
  return record === null || isBodyLeftOut(record) ? null : eventOf(record, source)
}
