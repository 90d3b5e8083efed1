import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { until } from '../support/until.ts'
import { openBrowser, openPage } from './console-page.ts'
import { startMock } from './mock/server.ts'

/** What the event stream of a console carries at 2,000 deliveries a second: 25 are shown four times a second. */
const pace = { everyMs: 250, shown: 25, omitted: 475 }
const longestMs = 100
/** Of deliveries, or where none are shown, of changes of the state. */
const seconds = 6

describe('the page at 2,000 deliveries a second', () => {
  let browser: Browser
  let mock: Awaited<ReturnType<typeof startMock>>
  before(async () => {
    browser = await openBrowser()
    mock = await startMock({ pace })
  })
  after(async () => {
    mock.close()
    await browser.close()
  })

  it('answers at once on every screen that moves, and when a paused tail goes on', async (t) => {
    const { page } = await openPage(t, { browser, origin: mock.url })
    await page.addInitScript({
      content: `globalThis.longTasks = []
        new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
          .observe({ type: 'longtask', buffered: true })`,
    })
    await page.goto(`${mock.url}/tail`)
    // In a task of the page: what the protocol runs by itself is none.
    await page.evaluate(`setTimeout(() => {
      for (const endMs = performance.now() + ${longestMs}; performance.now() < endMs; );
    })`)
    await until('the browser tells of a task that is too long', async () => (await longest(page)) >= longestMs)
    await deliveries(mock)
    assert.equal(await page.locator('tbody tr').count(), 60)
    const tasks: Record<string, number> = { tail: await longest(page) }
    await page.keyboard.press('Space')
    await deliveries(mock)
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: /^Pause/ }).waitFor()
    tasks['tail that goes on'] = await longest(page)
    for (const path of ['/', '/subscriptions/search-index', '/consumers']) {
      await page.goto(mock.url + path)
      const { patches } = mock.told()
      await until('the state has changed some times', () => mock.told().patches >= patches + seconds)
      tasks[path] = await longest(page)
    }
    t.diagnostic(`longest tasks, ms (0: none above 50): ${JSON.stringify(tasks)}`)
    const tooLong = Object.entries(tasks).filter(([, ms]) => ms > longestMs)
    assert.deepEqual(tooLong, [])
  })
})

async function deliveries(mock: Awaited<ReturnType<typeof startMock>>): Promise<void> {
  const before = mock.told().deliveries
  const wanted = ((pace.shown + pace.omitted) * seconds * 1_000) / pace.everyMs
  await until('enough deliveries came', () => mock.told().deliveries >= before + wanted)
}

/** Of those since it was asked last. */
const longest = async (page: Page): Promise<number> =>
  Math.round((await page.evaluate('Math.max(0, ...longTasks.splice(0))')) as number)
