/** What one kind of publish request looks like on the wire. */
export type RequestShape = {
  /** host:port of the producer. */
  address: string
  stream: string
  apiKey: string
  /** How many different keys, drawn at random; 0 publishes without a key. */
  keys: number
  /** Events of a request; above 1 they are a batch of structured events. */
  events: number
  /** Whether a single event brings an id of its own (CloudEvents binary); the elements of a batch always do. */
  ownIds: boolean
}

/** Gives the bytes of the next request: always the same memory, so only one of its requests may be under way. */
export type RequestTemplate = { next(): Buffer }

export type Numbers = { nextId(): number; randomKey(keys: number): number }

type Place = { at: number; width: number; number: () => number }

const eventBytes = 1_024
const idMark = '#'.repeat(12)
const keyMark = '@'.repeat(6)
const source = '/bench'
const type = 'bench.event'

const mostIds = 1e12

/**
 * Counts ids for all templates of a process, from a number by `random` (0 up to 1), as keys are: loads of one stream that
 * all began with 1 would be each other's repeats.
 */
export function countingNumbers(random: () => number): Numbers {
  let id = Math.floor(random() * (mostIds / 2))
  return {
    nextId: () => {
      id += 1
      return id
    },
    randomKey: (keys) => Math.floor(random() * keys),
  }
}

/** Makes a request once and afterwards only writes new digits into it, so that a load costs next to nothing. */
export function requestTemplate(shape: RequestShape, { nextId, randomKey }: Numbers): RequestTemplate {
  const body =
    shape.events === 1 ? plainEvent() : `[${Array(shape.events).fill(structuredEvent(shape.keys)).join(',')}]`
  const request = Buffer.from(`${headOf(shape, body)}${body}`, 'latin1')
  const places: Place[] = [
    ...placesOf(request, idMark).map((at) => ({ at, width: idMark.length, number: nextId })),
    ...placesOf(request, keyMark).map((at) => ({ at, width: keyMark.length, number: () => randomKey(shape.keys) })),
  ]
  return {
    next() {
      for (const { at, width, number } of places) writeDigits(request, { at, width }, number())
      return request
    },
  }
}

function headOf({ address, stream, apiKey, keys, events, ownIds }: RequestShape, body: string): string {
  const query = keys > 0 && events === 1 ? `?key=k${keyMark}` : ''
  const ids = ownIds && events === 1 ? ['ce-specversion: 1.0', `ce-id: ${idMark}`, `ce-source: ${source}`] : []
  const lines = [
    `POST /v1/streams/${stream}/events${query} HTTP/1.1`,
    `host: ${address}`,
    `authorization: Bearer ${apiKey}`,
    `content-type: ${events === 1 ? 'application/json' : 'application/cloudevents-batch+json'}`,
    ...ids,
    ...(ids.length === 0 ? [] : [`ce-type: ${type}`]),
    `content-length: ${body.length}`,
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

const plainEvent = () => filled((fill) => JSON.stringify({ order: fill }))

function structuredEvent(keys: number): string {
  const key = keys === 0 ? {} : { partitionkey: `k${keyMark}` }
  const attributes = { specversion: '1.0', id: idMark, source, type, ...key, datacontenttype: 'application/json' }
  return filled((fill) => JSON.stringify({ ...attributes, data: { order: fill } }))
}

/** An event of exactly 1 KB. */
function filled(event: (fill: string) => string): string {
  return event('x'.repeat(eventBytes - event('').length))
}

function placesOf(request: Buffer, mark: string): number[] {
  const places: number[] = []
  for (let at = request.indexOf(mark); at !== -1; at = request.indexOf(mark, at + mark.length)) places.push(at)
  return places
}

function writeDigits(target: Buffer, { at, width }: { at: number; width: number }, number: number): void {
  let rest = number
  for (let index = at + width - 1; index >= at; index -= 1) {
    target[index] = 48 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
}
