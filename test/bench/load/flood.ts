import { type Answer, type Connection, openConnection } from './connection.ts'

/** What became of the requests of one step. Times in ms, from the moment a request was written. */
export type Outcomes = {
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

type Flood = { run(perSecond: number, ms: number): Promise<Outcomes>; close(): void }

const noOutcomes = (): Outcomes => ({
  ...{ stored: 0, storedMs: [], refused: 0, refusedMs: [], other: 0, broken: 0, unsent: 0 },
})

/**
 * Sends the same request at a given rate, whatever becomes of the earlier ones: each on a connection with no other request
 * under way, of which there are at most `most`. Unlike the open loop, what finds none is not sent later but counted.
 */
export function openFlood({ host, port, request }: Place, most: number): Flood {
  const all: Connection[] = []
  const idle: Connection[] = []
  let outcomes = noOutcomes()
  const add = () => {
    const connection = openConnection({ host, port })
    all.push(connection)
    return connection
  }
  const sendOne = () => {
    const connection = idle.pop() ?? (all.length < most ? add() : undefined)
    if (connection === undefined) {
      outcomes.unsent += 1
      return
    }
    const sentAtMs = performance.now()
    connection.send(request, (answer) => {
      note(outcomes, answer, performance.now() - sentAtMs)
      idle.push(connection)
    })
  }
  return {
    async run(perSecond, ms) {
      outcomes = noOutcomes()
      await paced(perSecond, ms, sendOne)
      return { ...outcomes }
    },
    close() {
      for (const connection of all) connection.close()
    },
  }
}

function note(outcomes: Outcomes, answer: Answer | 'broken', ms: number): void {
  if (answer === 'broken') outcomes.broken += 1
  else if (answer.status === 202) {
    outcomes.stored += 1
    outcomes.storedMs.push(ms)
  } else if (answer.status === 503) {
    outcomes.refused += 1
    outcomes.refusedMs.push(ms)
  } else outcomes.other += 1
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
