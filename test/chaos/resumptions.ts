import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { monotonicNsAt, type ResumeLine } from './history.ts'

/** What consumers say when they go on with a subscription: after a hold, or with partitions that they have just loaded. */
const reasons: ReadonlyMap<string, ResumeLine['reason']> = new Map([
  ['going on', 'hold-ended'],
  ['partitions loaded', 'loaded'],
])
const marks = [...reasons.keys()].map((message) => `"msg":"${message}"`)

type Said = { time: string; instance: string; subscription: string; msg: string }

/** Finds in the logs of a stack when its consumers went on with the subscriptions of a run. */
export async function* readResumptions(logFolder: string, run: string): AsyncGenerator<ResumeLine> {
  const names = (await readdir(logFolder)).filter((name) => /consumer-\d+\.log(\.1)?$/.test(name))
  for (const name of names) {
    for await (const text of createInterface({ input: createReadStream(join(logFolder, name)), crlfDelay: Infinity })) {
      if (!marks.some((mark) => text.includes(mark))) continue
      const { time, instance, subscription, msg } = JSON.parse(text) as Said
      const reason = reasons.get(msg)
      if (reason === undefined || !subscription.startsWith(`${run}-`)) continue
      yield { op: 'resume', run, actor: instance, ns: monotonicNsAt(Date.parse(time)), subscription, reason }
    }
  }
}
