import { connect, type Socket } from 'node:net'

/** What became of the requests of one step. Times in ms, from the moment a request was written. */
export type Tally = {
  stored: number
  storedMs: number[]
  refused: number
  refusedMs: number[]
  /** Answers that are neither 202 nor 503. */
  other: number
  /** Connections that ended under a request. */
  broken: number
  /** Requests that were due while every connection was busy. */
  unsent: number
}

export type Place = { host: string; port: number; request: Buffer }

type Connection = { send(): void; close(): void }
type Generator = { run(perSecond: number, ms: number): Promise<Tally>; close(): void }

const emptyTally = (): Tally => ({
  ...{ stored: 0, storedMs: [], refused: 0, refusedMs: [], other: 0, broken: 0, unsent: 0 },
})

/**
 * Sends the same request at a given rate, whatever becomes of the earlier ones: each on a connection with no other request
 * under way, which is opened when there is none, up to `most`. Raw sockets, because the client shares the machine.
 */
export function openGenerator(place: Place, most: number): Generator {
  const idle: Connection[] = []
  let open = 0
  let isClosed = false
  let tally = emptyTally()
  const add = () => {
    open += 1
    const connection = openConnection(place, {
      answered(status, ms) {
        note(tally, status, ms)
        if (isClosed) connection.close()
        else idle.push(connection)
      },
      ended(isUnderWay) {
        open -= 1
        if (isUnderWay) tally.broken += 1
        const at = idle.indexOf(connection)
        if (at !== -1) idle.splice(at, 1)
      },
    })
    return connection
  }
  const sendOne = () => {
    const connection = idle.pop() ?? (open < most ? add() : undefined)
    if (connection === undefined) tally.unsent += 1
    else connection.send()
  }
  return {
    async run(perSecond, ms) {
      tally = emptyTally()
      await paced(perSecond, ms, sendOne)
      return tally
    },
    close() {
      isClosed = true
      for (const connection of idle) connection.close()
    },
  }
}

function note(tally: Tally, status: number, ms: number): void {
  if (status === 202) {
    tally.stored += 1
    tally.storedMs.push(ms)
  } else if (status === 503) {
    tally.refused += 1
    tally.refusedMs.push(ms)
  } else tally.other += 1
}

/** Calls `act` as often as is due by now, every millisecond. */
function paced(perSecond: number, ms: number, act: () => void): Promise<void> {
  const startedAtMs = performance.now()
  let done = 0
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - startedAtMs
      const due = Math.floor((Math.min(elapsedMs, ms) / 1_000) * perSecond)
      for (; done < due; done += 1) act()
      if (elapsedMs < ms) return
      clearInterval(timer)
      resolve()
    }, 1)
  })
}

type Events = { answered(status: number, ms: number): void; ended(isUnderWay: boolean): void }

function openConnection({ host, port, request }: Place, { answered, ended }: Events): Connection {
  let sentAtMs: number | undefined
  let rest = ''
  const socket: Socket = connect({ host, port, noDelay: true })
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1')
    const status = wholeAnswer(rest)
    if (status === undefined || sentAtMs === undefined) return
    const ms = performance.now() - sentAtMs
    rest = ''
    sentAtMs = undefined
    answered(status, ms)
  })
  socket.on('error', () => {})
  socket.on('close', () => ended(sentAtMs !== undefined))
  return {
    send() {
      sentAtMs = performance.now()
      socket.write(request)
    },
    close: () => socket.destroy(),
  }
}

/** The status of an answer that is there as a whole. */
function wholeAnswer(text: string): number | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0)
  return text.length >= end + 4 + length ? Number(text.slice(9, 12)) : undefined
}
