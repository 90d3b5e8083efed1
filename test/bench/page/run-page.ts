import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { withResources } from '#shared/lifecycle.ts'
import { openBrowser } from '../../browser/console-page.ts'
import { signIn } from '../../browser/stack-page.ts'
import { type OwnedStack, startStack } from '../../support/stack.ts'
import { warn } from '../evidence.ts'
import { describeMachine, factsOf } from '../machine.ts'
import { figure, table } from '../table.ts'
import { publishBatches } from './publish-batches.ts'

const stream = 'bench'
const perSecond = 2_000
const warmUpMs = 5_000
const screens = {
  'Live tail': '/tail',
  Overview: '/',
  Subscription: '/subscriptions/bench',
  Consumers: '/consumers',
}

type Measured = { screen: string; deliveredPerSecond: number; tasks: number; longestMs: number; shown: number }

/**
 * What the page takes of its one thread while 2,000 deliveries a second are made: tasks of more than 50 ms, which is what a
 * browser calls long, on the screens that move by themselves. Browser, brokers and load share the machine.
 *
 *   npm run bench -- page [--seconds 8]
 */
export function runPage({ seconds }: { seconds: number }, signal: AbortSignal): Promise<void> {
  return withResources(warn, async (resources) => {
    const machine = describeMachine()
    const stack = await startStack({ producers: 1, consumers: 1 })
    resources.defer('stack', stack.stop)
    const receiver = await startReceiver()
    resources.defer('receiver', async () => receiver.child.disconnect())
    await stack.api.putStream(stream, { partitions: 6 })
    await stack.api.putSubscription('bench', { stream, destination: { targets: [{ url: receiver.url }] } })
    const browser = await openBrowser()
    resources.defer('browser', () => browser.close())
    const page = await openWatched(browser, stack)
    const load = publishBatches({ stack, stream, perSecond })
    resources.defer('load', load.stop)
    const all: Measured[] = []
    for (const [screen, path] of Object.entries(screens)) {
      signal.throwIfAborted()
      await page.goto(stack.consoleUrl + path)
      await pause(warmUpMs)
      await page.evaluate('longTasks.length = 0')
      const before = await receiver.tell()
      await pause(seconds * 1_000)
      const after = await receiver.tell()
      const tasks = (await page.evaluate('longTasks')) as number[]
      const deliveredPerSecond = (after - before) / seconds
      const shown = await page.locator('tbody tr').count()
      all.push({ screen, deliveredPerSecond, tasks: tasks.length, longestMs: Math.max(0, ...tasks), shown })
    }
    console.log(`\n${factsOf(machine)}\n\n${table(columns, all)}`)
    await resources.close()
  })
}

const right = (head: string, cell: (of: Measured) => string) => ({ head, cell, align: 'right' as const })

const columns = [
  { head: `${perSecond} published /s`, cell: ({ screen }: Measured) => screen, align: 'left' as const },
  right('delivered /s', ({ deliveredPerSecond }) => figure(deliveredPerSecond, 0)),
  right('tasks > 50 ms', ({ tasks }) => figure(tasks, 0)),
  right('longest, ms', ({ longestMs }) => figure(longestMs, 0)),
  right('rows', ({ shown }) => figure(shown, 0)),
]

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function openWatched(browser: Browser, stack: OwnedStack): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } })
  await page.addInitScript({
    content: `globalThis.longTasks = []
      new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
        .observe({ type: 'longtask', buffered: true })`,
  })
  await signIn(page, stack)
  return page
}

async function startReceiver() {
  const child = fork(fileURLToPath(new URL('../delivery/receiver.ts', import.meta.url)), ['0'], { execArgv: [] })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    child,
    url: `http://127.0.0.1:${port}/`,
    async tell(): Promise<number> {
      child.send('?')
      const [{ count }] = (await once(child, 'message')) as [{ count: number }]
      return count
    },
  }
}
