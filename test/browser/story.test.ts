import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { defer } from '../support/defer.ts'
import { useStack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { assertInnocent, keepPicture, openBrowser, openPage } from './console-page.ts'
import { publish, signIn, switchReceiver } from './stack-page.ts'

const look = { width: 1440, theme: 'light' } as const
/** A subscription finds its receiver again by a probe every few seconds. */
const soonMs = 45_000

describe('the story of a receiver that breaks', () => {
  let browser: Browser
  before(async () => {
    browser = await openBrowser()
  })
  after(() => browser.close())

  it('tells what broke, why an event did not arrive, and lets it be redriven until all is well', async (t) => {
    const stack = await useStack(t)
    defer(t, async () => {
      await switchReceiver(stack, { refuse: false, fail: false })
      await stack.api.patchSubscription('demo-inbox', { delivery: { onStatus: { '500': null } } })
    })
    const { page, misdeeds } = await openPage(t, { browser, origin: stack.consoleUrl, look })
    await publish(stack, { key: 'before' })
    await signIn(page, stack)
    await page.getByText('Nothing needs attention').waitFor()

    // The receiver is down: the banner says so, and the journey of an event that waits gives the reason.
    await switchReceiver(stack, { refuse: true })
    const waiting = await publish(stack, { key: 'waits' })
    await until('the banner is there', async () => {
      await publish(stack, { key: `more-${Math.random()}` })
      return page.getByRole('heading', { name: /demo-inbox is held/ }).isVisible()
    })
    await keepPicture(page, 'story-1-held', look)
    await page.keyboard.press('Control+k')
    await page.keyboard.type(waiting)
    await page.keyboard.press('Enter')
    await page.getByText('and here is why').waitFor()
    await keepPicture(page, 'story-2-why', look)

    // It is back: nobody has to do anything.
    await switchReceiver(stack, { refuse: false })
    await page.getByText('Arrived', { exact: true }).waitFor({ timeout: soonMs })
    // Else the next trouble meets some of what waited beside it.
    await until('everything has arrived', async () => {
      const { status } = await stack.api.subscription('demo-inbox')
      return status.lagEvents === 0 && status.retrying === 0
    })

    // It refuses one event for good: a dead letter, with its cause.
    await stack.api.patchSubscription('demo-inbox', { delivery: { onStatus: { '500': 'dead-letter' } } })
    await switchReceiver(stack, { fail: true })
    const dead = await publish(stack, { key: 'dies' })
    await page.keyboard.press('g')
    await page.keyboard.press('o')
    const notice = page.getByRole('article').filter({ hasText: /demo-inbox/ })
    await notice
      .getByRole('link', { name: /Review and redrive|Open/ })
      .first()
      .waitFor({ timeout: soonMs })
    await keepPicture(page, 'story-3-dead-letter', look)
    await page.goto(`${stack.consoleUrl}/events/${dead}`)
    await page.getByRole('button', { name: 'Redrive this one…' }).click()

    // It is mended: a dry run, then the redrive, until nothing is left of it.
    await switchReceiver(stack, { fail: false })
    await page.getByRole('dialog').getByRole('button', { name: 'Redrive 1' }).click()
    await page.getByRole('dialog').getByText('finished').waitFor({ timeout: soonMs })
    await keepPicture(page, 'story-4-redriven', look)
    await page.goto(`${stack.consoleUrl}/events/${dead}`)
    await page.getByText('Arrived', { exact: true }).waitFor({ timeout: soonMs })
    await page.goto(stack.consoleUrl)
    await page.getByText('Nothing needs attention').waitFor({ timeout: soonMs })
    await keepPicture(page, 'story-5-well', look)
    assertInnocent(misdeeds)
  })
})
