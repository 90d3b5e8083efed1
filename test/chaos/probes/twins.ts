import { request } from 'undici'
import type { System } from '../../support/stack.ts'
import type { Experiment } from '../experiment.ts'
import { monotonicNs, type PublishLine, sha256, type TwinLine } from '../history.ts'
import { awkwardJson, type OutgoingEvent, outgoingEvent } from '../load/event.ts'
import { judgeAnswer } from '../load/publish.ts'

/** How many events were stored. */
export type TwinsSent = { acknowledged: number }

const keys = 5
const equal = 4

/** One event under an Idempotency-Key, as one API key sends it. */
type Twin = { event: OutgoingEvent; idempotencyKey: string; tenant: string; secret: string }

/**
 * Sends a few events several times at once under an Idempotency-Key, then another body under that key, then a third one
 * under the same key from another publisher, whose event it is then.
 */
export async function sendTwins(system: System, experiment: Experiment): Promise<TwinsSent> {
  const { run, stream } = experiment
  const { api, adminKey } = system
  const theirs = await api.createKey({ name: `${run}-twins`, scopes: [`publish:${stream}`] })
  try {
    for (let index = 0; index < keys; index += 1) {
      const idempotencyKey = `${run}-${index}`
      const of = (tenant: string, secret: string, bytes: number): Twin => {
        const identity = { run, publisher: tenant, key: `t${index}`, seq: 0 }
        const data = { type: 'chaos.twin', source: '/chaos/twins', json: awkwardJson(index, bytes) }
        return { event: outgoingEvent(identity, 'plain', data), idempotencyKey, tenant, secret }
      }
      const own = of('ours', adminKey, 10)
      await Promise.all(Array.from({ length: equal }, () => send(system, experiment, own)))
      await send(system, experiment, of('ours', adminKey, 20))
      await send(system, experiment, of('theirs', theirs.secret, 30))
    }
  } finally {
    await api.deleteKey(theirs.id)
  }
  return { acknowledged: 2 * keys }
}

async function send({ publishUrl }: System, { run, stream, note }: Experiment, twin: Twin): Promise<void> {
  const { event, idempotencyKey, tenant, secret } = twin
  const sentNs = monotonicNs()
  const headers = { ...event.headers, authorization: `Bearer ${secret}`, 'idempotency-key': idempotencyKey }
  const url = `${publishUrl}/v1/streams/${stream}/events${event.query}`
  const answered = await request(url, { method: 'POST', headers, body: event.body })
    .then(async ({ statusCode, headers: answer, body }) => ({ statusCode, answer, text: await body.text() }))
    .catch(() => undefined)
  const ns = monotonicNs()
  const judged = answered === undefined ? unknown : judgeAnswer(answered.statusCode, answered.text)
  const { status, code, position } = judged
  const line: TwinLine = {
    ...{ op: 'twin', run, actor: tenant, ns, idempotencyKey, id: event.id, bodySha256: sha256(event.body) },
    ...{ status, code, position, sentNs, dedup: text(answered?.answer['tailrace-dedup']) },
    answeredId: judged.outcome === 'acknowledged' ? idOf(answered?.text) : null,
  }
  note(line)
  // A refusal of one of several equal requests is no failure of a publisher.
  if (judged.outcome === 'refused') return
  const { key, seq, id, content } = event
  const publish: PublishLine = {
    ...{ op: 'publish', run, actor: tenant, ns, stream, key, seq, id, attempt: 1, dueNs: sentNs, sentNs },
    ...judged,
    ...content,
  }
  note(publish)
}

const unknown = { outcome: 'unknown', status: null, code: null, position: null } as const

const text = (value: string | string[] | undefined): string | null => (typeof value === 'string' ? value : null)

const idOf = (body = '{}'): string | null => (JSON.parse(body) as { id?: string }).id ?? null
