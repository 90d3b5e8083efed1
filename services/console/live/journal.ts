import type { JobAnswer } from '#shared/catalog/job-schema.ts'
import type { JsonObject } from '../body.ts'
import { type DeliveryBatch, type DeliveryFilter, sampleOf, thinned } from './deliveries.ts'
import { type Message, messageText } from './message.ts'

export const topics = ['state', 'deliveries', 'jobs'] as const
export type Topic = (typeof topics)[number]

/** Something that happened, for every client that asked for its topic. */
export type Happening =
  | { topic: 'state'; patch: JsonObject }
  | { topic: 'deliveries'; batch: DeliveryBatch }
  | { topic: 'jobs'; jobs: readonly JobAnswer[] }

/** What a client wants to hear of. */
export type Interest = { topics: ReadonlySet<Topic>; filter: DeliveryFilter }

/** Of one look at the deliveries, four times a second: 100 a second are more than anybody reads. */
const mostShown = 25
/** Half a minute of everything: for whoever lost its connection, not for history. */
const mostKept = 240
const mostKeptChars = 8 * 1024 * 1024

type Entry = { number: number; happening: Happening; chars: number }

/**
 * The last happenings, numbered, so that a client which lost its connection goes on where it was. Bounded in number and
 * size: whoever comes too late gets a reset.
 */
export class Journal {
  readonly #epoch: string
  #entries: Entry[] = []
  #last = 0
  #chars = 0

  /** `epoch`: names this journal; cursors of another one mean nothing here. */
  constructor(epoch: string) {
    this.#epoch = epoch
  }

  /** Where a client stands that has heard everything so far. */
  cursor(): string {
    return this.#cursorAt(this.#last)
  }

  /** Keeps a happening; gives what an interested client is sent now, '' for nothing. */
  add(happening: Happening): (interest: Interest) => string {
    this.#last += 1
    const id = this.#cursorAt(this.#last)
    const kept =
      happening.topic === 'deliveries' ? { ...happening, batch: thinned(happening.batch, mostShown) } : happening
    this.#keep({ number: this.#last, happening: kept, chars: JSON.stringify(kept).length })
    return (interest) => textOf(happening, interest, id)
  }

  /** What a client has missed since `cursor`; null when that is not known any more. */
  since(cursor: string, interest: Interest): string | null {
    const number = Number(/^[\w-]+\.(\d{1,12})$/.exec(cursor)?.[1] ?? Number.NaN)
    const isKnown = cursor === this.#cursorAt(number) && number <= this.#last
    if (!isKnown || number < (this.#entries[0]?.number ?? this.#last + 1) - 1) return null
    const missed = this.#entries.filter((entry) => entry.number > number)
    return missed.map(({ happening, number: at }) => textOf(happening, interest, this.#cursorAt(at))).join('')
  }

  #keep(entry: Entry): void {
    this.#entries.push(entry)
    this.#chars += entry.chars
    while (this.#entries.length > mostKept || this.#chars > mostKeptChars) {
      this.#chars -= this.#entries.shift()?.chars ?? 0
    }
  }

  #cursorAt = (number: number) => `${this.#epoch}.${number}`
}

/** Only the last message has the id: who broke off in the middle of a happening hears all of it again. */
function textOf(happening: Happening, { topics, filter }: Interest, id: string): string {
  if (!topics.has(happening.topic)) return ''
  const messages = messagesOf(happening, filter)
  return messages.map((message, at) => messageText(at === messages.length - 1 ? { ...message, id } : message)).join('')
}

function messagesOf(happening: Happening, filter: DeliveryFilter): Message[] {
  switch (happening.topic) {
    case 'state':
      return [{ event: 'state-patch', data: happening.patch }]
    case 'jobs':
      return happening.jobs.map((data) => ({ event: 'job', data }))
    case 'deliveries': {
      const { shown, omitted } = sampleOf(happening.batch, filter, mostShown)
      const rest = omitted === 0 ? [] : [{ event: 'deliveries-omitted', data: { count: omitted } }]
      return [...shown.map(({ data }) => ({ event: 'delivery', data })), ...rest]
    }
    default:
      return happening satisfies never
  }
}
