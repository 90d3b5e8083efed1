import type { Caller } from '#shared/http/authenticate.ts'
import type { ProduceLanes } from '#shared/kafka/lanes.ts'
import type { Log } from '#shared/observability/log.ts'
import { within } from '#shared/resilience/deadline.ts'

/** One change that somebody made, or one look at a payload. */
export type AuditLine = {
  /** RFC 3339. */
  at: string
  /** `key <id>`. */
  by: string
  /** What the key is called. */
  name: string
  /** The operation, as the OpenAPI document names it. */
  action: string
  /** What it was about: the path of the request. */
  path: string
  status: number
}

export type Audit = {
  /** Resolves when the line is in the log, or could not be written in 2 s: that is logged, and nobody waits longer. */
  note(caller: Pick<Caller, 'keyId' | 'name'>, what: Pick<AuditLine, 'action' | 'path' | 'status'>): Promise<void>
}

const patienceMs = 2_000

/** Who changed what, as records of a topic of its own: kept for 90 days, and longer than the keys that did it. */
export function createAudit({ lanes, topic, log }: { lanes: ProduceLanes; topic: string; log: Log }): Audit {
  return {
    async note({ keyId, name }, what) {
      const line: AuditLine = { at: new Date().toISOString(), by: `key ${keyId}`, name, ...what }
      const value = Buffer.from(JSON.stringify(line))
      const written = lanes.append(topic, 0, { key: null, value, headers: {} }).then(
        () => true,
        (error: unknown) => {
          log.warn({ err: error, ...what, keyId }, 'an audit line could not be written')
          return true
        },
      )
      if (!(await within(written, patienceMs, false))) log.warn({ ...what, keyId }, 'an audit line is late')
    },
  }
}
