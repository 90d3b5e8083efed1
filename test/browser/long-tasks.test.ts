import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
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
    await untilFluent(t, { page, what: 'tail', during: () => deliveries(mock) })
    assert.equal(await page.locator('tbody tr').count(), 60)
    await untilFluent(t, {
      ...{ page, what: 'tail that goes on' },
      async during() {
        await page.keyboard.press('Space')
        await deliveries(mock)
        await page.keyboard.press('Space')
        await page.getByRole('button', { name: /^Pause/ }).waitFor()
      },
    })
    for (const path of ['/', '/subscriptions/search-index', '/consumers']) {
      await untilFluent(t, {
        ...{ page, what: path },
        async during() {
          await page.goto(mock.url + path)
          await changes(mock)
        },
      })
    }
  })
})

type Watched = { page: Page; what: string; during(): Promise<void> }

/** A task also counts the time in which a busy machine let others run: a page that is too slow is so each time. */
async function untilFluent(t: TestContext, { page, what, during }: Watched): Promise<void> {
  await until(`no task of ${what} takes ${longestMs} ms`, async () => {
    await during()
    const ms = await longest(page)
    t.diagnostic(`longest task of ${what}: ${ms === 0 ? 'none above 50' : ms} ms`)
    if (ms > longestMs) throw new Error(`one took ${ms} ms`)
    return true
  })
}

async function changes(mock: Awaited<ReturnType<typeof startMock>>): Promise<void> {
  const { patches } = mock.told()
  await until('the state has changed some times', () => mock.told().patches >= patches + seconds)
}

async function deliveries(mock: Awaited<ReturnType<typeof startMock>>): Promise<void> {
  const before = mock.told().deliveries
  const wanted = ((pace.shown + pace.omitted) * seconds * 1_000) / pace.everyMs
  await until('enough deliveries came', () => mock.told().deliveries >= before + wanted)
}

/** Of those since it was asked last. */
const longest = async (page: Page): Promise<number> =>
  Math.round((await page.evaluate('Math.max(0, ...longTasks.splice(0))')) as number)
