import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '#shared/errors.ts'
import { type DemoConfig, type DemoParts, runDemoProcess } from './demo-process.ts'
import { demoPayloads } from './payloads.ts'
import { subscribeNeighbours } from './subscribe.ts'
import type { Switches } from './switches.ts'

/*
 * What `npm start -- --demo` adds: real payloads all the time, and receivers with the troubles of real ones. One request of
 * demo-inbox in 50 gets a 500 and is retried; demo-search is down for 20 s of every 2 minutes, first after 5 s, so it is held
 * and then drained; demo-mailer refuses an event a minute, which becomes a dead letter.
 */
const publishEveryMs = 200
const firstQuietMs = 5_000
const quietMs = 100_000
const outageMs = 20_000
const failOneIn = 50

await runDemoProcess('demo-publisher', ({ config, log, resources }: DemoParts) => {
  const stopping = new AbortController()
  const { signal } = stopping
  const untilAborted = (work: () => Promise<void>) =>
    work().catch((err: unknown) => {
      if (!signal.aborted) log.error({ err }, 'stopped publishing')
    })
  const working = [
    untilAborted(async () => {
      await subscribeNeighbours({ config, log, resources }, signal)
      await publish(config, log, signal)
    }),
    untilAborted(() => trouble(config, signal)),
  ]
  resources.defer('publishing', async () => {
    stopping.abort()
    await Promise.all(working)
    await turn(config, { searchDown: false, failOneIn: 0 })
  })
})

/** Payload after payload, round and round. What is refused is logged and passed over: it is only a demo. */
async function publish(config: DemoConfig, log: DemoParts['log'], signal: AbortSignal): Promise<void> {
  const headers = { authorization: `Bearer ${config.TAILRACE_ADMIN_KEY}`, 'content-type': 'application/json' }
  const payloads = demoPayloads()
  for (let next = 0; ; next = (next + 1) % payloads.length) {
    const { type, key, body } = payloads[next] ?? { type: 'demo', key: 'demo', body: '{}' }
    const query = new URLSearchParams({ type, key })
    try {
      const answer = await fetch(`${config.TAILRACE_PUBLISH_URL}/v1/streams/demo/events?${query}`, {
        method: 'POST',
        headers,
        body,
      })
      const text = await answer.text()
      if (answer.status !== 202) log.warn({ status: answer.status, answer: text }, 'not stored')
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'not published')
    }
    await pause(publishEveryMs, undefined, { signal })
  }
}

async function trouble(config: DemoConfig, signal: AbortSignal): Promise<void> {
  await turn(config, { failOneIn })
  await pause(firstQuietMs, undefined, { signal })
  for (;;) {
    await turn(config, { searchDown: true })
    await pause(outageMs, undefined, { signal })
    await turn(config, { searchDown: false })
    await pause(quietMs, undefined, { signal })
  }
}

/** Turns switches of the demo receiver, as its page does. */
async function turn(config: DemoConfig, change: Partial<Switches>): Promise<void> {
  await fetch(new URL('/switches', config.TAILRACE_DEMO_URL), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(change),
  })
}
