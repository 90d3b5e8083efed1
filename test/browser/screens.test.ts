import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
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
import { startMock } from './mock/server.ts'

/** States that a stack reaches after hours only: from one made-up moment, so that each picture looks the same twice. */
const screens: Readonly<Record<string, string>> = {
  ...{ overview: '/', events: '/events', journey: '/events/github-4-1882301', 'journey-silent': '/events/silent' },
  ...{
    subscriptions: '/subscriptions',
    subscription: '/subscriptions/search-index',
    'subscription-blocked': '/subscriptions/billing',
    'new-subscription': '/subscriptions/new',
  },
  ...{ 'edit-subscription': '/subscriptions/billing/edit', 'dead-letters': '/dead-letters?subscription=mailer' },
  ...{
    redrive: '/dead-letters?subscription=mailer&redrive=query',
    job: '/dead-letters?job=job_01JD8Z6T01',
    tail: '/tail',
  },
  ...{
    consumers: '/consumers',
    streams: '/streams',
    stream: '/streams/github',
    keys: '/keys',
    audit: '/audit',
    nowhere: '/nowhere',
  },
}
const mostScriptBytes = 60_000

describe('screens', () => {
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

  for (const [name, path] of Object.entries(screens)) {
    it(`draws ${name} in both themes and widths, for everybody, without an error or a foreign request`, async (t) => {
      const { page, misdeeds } = await openPage(t, { browser, origin: mock.url })
      await page.goto(mock.url + path)
      for (const look of looks) {
        await lookAt(page, look)
        await untilDrawn(page)
        await keepPicture(page, name, look)
        assert.deepEqual(await seriousFindings(page), [], `${name} ${look.width} ${look.theme}`)
        assert.equal(await widerThanPage(page), false, `${name} scrolls sideways at ${look.width}`)
      }
      assertInnocent(misdeeds)
    })
  }

  it('loads at most 60 KB of compressed script for any screen', async (t) => {
    for (const [name, path] of Object.entries(screens)) {
      const { page } = await openPage(t, { browser, origin: mock.url })
      const sizes: Promise<number>[] = []
      page.on('response', (response) => {
        if (response.url().endsWith('.js')) sizes.push(response.body().then(compressedBytes))
      })
      await page.goto(mock.url + path)
      await untilDrawn(page)
      const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
      assert.ok(bytes > 0 && bytes < mostScriptBytes, `${name} loads ${bytes} bytes`)
      await page.close()
    }
  })

  it('shows the door when nobody is signed in, and what it needs', async (t) => {
    for (const look of looks) {
      const { page, misdeeds } = await openPage(t, { browser, origin: mock.url, look })
      await page.request.delete(`${mock.url}/v1/session`)
      await page.goto(mock.url)
      await page.getByLabel('Admin key or key with scope read').waitFor()
      await keepPicture(page, 'sign-in', look)
      assert.deepEqual(await seriousFindings(page), [])
      await page.keyboard.type('tr_8fK2mQ0xZa1b_secret')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Paste any id' }).waitFor()
      assertInnocent(misdeeds)
    }
  })
})

const widerThanPage = (page: { evaluate(text: string): Promise<unknown> }) =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')

const compressedBytes = (body: Buffer) => gzipSync(body, { level: 9 }).length
