import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { type Stack, useStack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import {
  assertInnocent,
  keepPicture,
  lookAt,
  looks,
  openBrowser,
  openPage,
  seriousFindings,
  untilDrawn,
} from './console-page.ts'
import { publish, signIn } from './stack-page.ts'

const events = 30

describe('screens of a running stack', () => {
  let browser: Browser
  before(async () => {
    browser = await openBrowser()
  })
  after(() => browser.close())

  it('show real events, without an error, a foreign request or a serious finding', async (t) => {
    const stack = await useStack(t)
    const { page, misdeeds } = await openPage(t, { browser, origin: stack.consoleUrl })
    const positions = await Promise.all(
      Array.from({ length: events }, (_, number) => publish(stack, { key: `customer-${number % 7}` })),
    )
    await signIn(page, stack)
    await untilIndexed(stack, positions)
    for (const [name, { path, shows }] of Object.entries(screensOf(positions[0] ?? ''))) {
      await page.goto(stack.consoleUrl + path)
      await page.getByText(shows).first().waitFor({ state: 'attached' })
      await untilDrawn(page)
      await lookFromAllSides(page, name)
    }
    assertInnocent(misdeeds)
  })

  it('tail shows a delivery as it settles', async (t) => {
    const stack = await useStack(t)
    const { page, misdeeds } = await openPage(t, { browser, origin: stack.consoleUrl })
    await signIn(page, stack)
    await page.goto(`${stack.consoleUrl}/tail`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await until('a delivery is in the tail', async () => {
      await publish(stack, { key: 'tail-key' })
      return (await rowsWith(page, 'tail-key')) > 0
    })
    await lookFromAllSides(page, 'tail')
    assertInnocent(misdeeds)
  })

  it('makes a subscription with its secret and a test send', async (t) => {
    const stack = await useStack(t)
    const { page, misdeeds } = await openPage(t, { browser, origin: stack.consoleUrl })
    const { destination } = (await stack.api.subscription('demo-inbox')) as unknown as {
      destination: { targets: { url: string }[] }
    }
    await signIn(page, stack)
    await page.goto(`${stack.consoleUrl}/subscriptions/new`)
    await page.getByLabel('Name').fill('from-browser')
    await page.getByLabel('Stream').fill('demo')
    await page.getByLabel('Target URLs').fill(destination.targets[0]?.url ?? '')
    await page.getByRole('button', { name: 'Make subscription' }).click()
    await page.getByText(/whsec_/).waitFor()
    await page.getByRole('button', { name: 'Send a test event' }).click()
    await page.getByRole('status').filter({ hasText: 'from 127.0.0.1' }).waitFor()
    await lookFromAllSides(page, 'new-subscription')
    await stack.api.deleteSubscription('from-browser')
    assertInnocent(misdeeds)
  })
})

async function lookFromAllSides(page: Page, name: string): Promise<void> {
  for (const look of looks) {
    await lookAt(page, look)
    await keepPicture(page, `live-${name}`, look)
    assert.deepEqual(await seriousFindings(page), [], `${name} ${look.width} ${look.theme}`)
  }
}

const rowsWith = (page: Page, text: string) => page.locator('tbody tr', { hasText: text }).count()

function screensOf(position: string): Record<string, { path: string; shows: string | RegExp }> {
  return {
    overview: { path: '/', shows: 'demo-inbox' },
    events: { path: '/events?stream=demo', shows: 'customer-1' },
    journey: { path: `/events/${position}`, shows: 'Arrived' },
    subscriptions: { path: '/subscriptions', shows: 'demo-inbox' },
    subscription: { path: '/subscriptions/demo-inbox', shows: 'Signing secrets' },
    'dead-letters': { path: '/dead-letters', shows: 'Dead letters' },
    consumers: { path: '/consumers', shows: 'consumer-1' },
    streams: { path: '/streams', shows: 'demo' },
    stream: { path: '/streams/demo', shows: 'broker-' },
    keys: { path: '/keys', shows: 'this session' },
    audit: { path: '/audit', shows: 'Audit' },
  }
}

function untilIndexed({ api }: Stack, positions: readonly string[]): Promise<unknown> {
  return until('the index knows what was published', async () => {
    const { text } = await api.call({ method: 'GET', path: `/v1/events?stream=demo&limit=500` })
    return positions.every((position) => text.includes(`"${position}"`))
  })
}
