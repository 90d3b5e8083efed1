import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { openBrowser, openPage, seriousFindings, untilDrawn } from './console-page.ts'
import { startMock } from './mock/server.ts'

/** More than any screen has of links and buttons before its main part and in it. */
const mostStops = 250

describe('keyboard', () => {
  let browser: Browser
  let mock: Awaited<ReturnType<typeof startMock>>
  before(async () => {
    mock = await startMock()
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    mock.close()
  })

  it('reaches every link, button and field of the subscription screen with Tab', async (t) => {
    const { page } = await openPage(t, { browser, origin: mock.url })
    await page.goto(`${mock.url}/subscriptions/billing`)
    await untilDrawn(page)
    let left = await page.evaluate(markControls)
    for (let stop = 0; stop < mostStops && left !== 0; stop += 1) {
      await page.keyboard.press('Tab')
      left = await page.evaluate(unmarkFocused)
    }
    assert.deepEqual(await page.evaluate(describeMarked), [])
  })

  it('goes to a screen with g and its letter, and to an id with the palette', async (t) => {
    const { page } = await openPage(t, { browser, origin: mock.url })
    await page.goto(mock.url)
    await untilDrawn(page)
    await page.keyboard.press('g')
    await page.keyboard.press('s')
    await page.getByRole('heading', { name: 'Subscriptions', level: 1 }).waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('01994c7e-5b1a-7c3e-9f42-6d0e8a51b7d3')
    assert.deepEqual(await seriousFindings(page), [])
    await page.keyboard.press('Enter')
    await page.getByRole('status').filter({ hasText: 'Arrived at 1 of the 5' }).waitFor()
    assert.equal(new URL(page.url()).pathname, '/events/01994c7e-5b1a-7c3e-9f42-6d0e8a51b7d3')
  })

  it('hears the key that comes right after Ctrl+K, before anything is painted', async (t) => {
    const { page } = await openPage(t, { browser, origin: mock.url })
    await page.goto(mock.url)
    await untilDrawn(page)
    assert.equal(await page.evaluate(focusInTheNextTask), 'Find or do')
  })

  it('keeps Tab inside what lies on top, and gives the focus back when Esc closes it', async (t) => {
    const { page } = await openPage(t, { browser, origin: mock.url })
    await page.goto(`${mock.url}/subscriptions/billing`)
    await untilDrawn(page)
    const pause = page.getByRole('button', { name: 'Pause…' })
    await pause.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Pause billing?' })
    await dialog.waitFor()
    for (let stop = 0; stop < 5; stop += 1) {
      await page.keyboard.press('Tab')
      assert.equal(await dialog.locator(':focus').count(), 1)
    }
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    assert.equal(await page.locator(':focus').textContent(), 'Pause…')
  })

  it('moves over the rows of a list with j and opens one with Enter', async (t) => {
    const { page } = await openPage(t, { browser, origin: mock.url })
    await page.goto(`${mock.url}/subscriptions`)
    await untilDrawn(page)
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'warehouse', level: 1 }).waitFor()
  })

  it('keeps what is filtered in the address, so that a pasted link shows the same', async (t) => {
    const { page } = await openPage(t, { browser, origin: mock.url })
    await page.goto(`${mock.url}/subscriptions?show=held`)
    await untilDrawn(page)
    assert.equal(await page.locator('tbody tr').count(), 1)
    await page.getByRole('button', { name: 'Paused 1' }).click()
    assert.equal(new URL(page.url()).search, '?show=paused')
    await page.goBack()
    assert.equal(new URL(page.url()).search, '?show=held')
  })
})

/** These run in the page. A control keeps its mark while its words change: a number may come, or move, at any time. */
const controls = `[...document.querySelectorAll('a[href], button:not([disabled]), input, select')].filter((one) => one.checkVisibility())`
const marked = `[...document.querySelectorAll('[data-unreached]')]`
const markControls = `${controls}.map((one) => one.setAttribute('data-unreached', '')).length`
const unmarkFocused = `(document.activeElement?.removeAttribute('data-unreached'), ${marked}.length)`
const describeMarked = `${marked}.map((one) => one.outerHTML)`

/** Runs in the page: opens the palette, and says what has the focus when the next key could come. */
const focusInTheNextTask = `(async () => {
  dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true }))
  const { port1, port2 } = new MessageChannel()
  await new Promise((nextTask) => {
    port1.onmessage = nextTask
    port2.postMessage(null)
  })
  return document.activeElement?.getAttribute('aria-label')
})()`
