import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { findChromium } from '../../services/cli/chromium.ts'
import { root } from '../../services/cli/folders.ts'
import { defer } from '../support/defer.ts'
import { until } from '../support/until.ts'

export type Look = { width: 1440 | 390; theme: 'light' | 'dark' }
export const looks: readonly Look[] = [
  { width: 1440, theme: 'light' },
  { width: 1440, theme: 'dark' },
  { width: 390, theme: 'light' },
  { width: 390, theme: 'dark' },
]

/** Where pictures of the screens are kept: output of the tests, to look at. */
const pictures = join(root, '.tailrace/test/screens')
const heightOf = { 1440: 900, 390: 844 } as const
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** A browser for the tests of one file, which closes it. */
export function openBrowser(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('there is no Chromium: CHROMIUM_PATH, or apt-get install chromium')
  // Chromium has no sandbox of its own as root; the pages are ours.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
}

/** What a page did that it must not do. */
export type Misdeeds = { errors: string[]; external: string[]; scriptBytes: number }

/** A page of its own in a look; what it does wrong is gathered. `answersTold`: HTTP answers that a test provokes. */
export async function openPage(
  t: TestContext,
  { browser, origin, look = { width: 1440, theme: 'light' } }: { browser: Browser; origin: string; look?: Look },
): Promise<{ page: Page; misdeeds: Misdeeds }> {
  const { width, theme } = look
  const page = await browser.newPage({
    viewport: { width, height: heightOf[width] },
    colorScheme: theme,
    reducedMotion: 'reduce',
  })
  defer(t, () => page.close())
  const misdeeds: Misdeeds = { errors: [], external: [], scriptBytes: 0 }
  page.on('pageerror', (error) => misdeeds.errors.push(String(error.stack)))
  page.on('console', (message) => {
    if (message.type() === 'error' && !isRefusal(message.text())) misdeeds.errors.push(message.text())
  })
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) misdeeds.external.push(request.url())
  })
  return { page, misdeeds }
}

/** The browser itself tells of every answer that is no success; what the page makes of it is tested elsewhere. */
const isRefusal = (text: string) => /the server responded with a status of 4\d\d/.test(text)

/** The same page in another width and theme. */
export async function lookAt(page: Page, { width, theme }: Look): Promise<void> {
  await page.setViewportSize({ width, height: heightOf[width] })
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
}

/** The page has drawn what it asked for: nothing of it is a grey bar any more. */
export async function untilDrawn(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor({ state: 'attached' })
  // Asked through the protocol: the page's policy lets nobody evaluate a text in it.
  await until('nothing is loading any more', async () => (await page.locator('.loading').count()) === 0)
}

/** Keeps a picture of the whole page. */
export async function keepPicture(page: Page, name: string, { width, theme }: Look): Promise<void> {
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, `${name}-${width}-${theme}.png`), fullPage: true })
}

type Finding = { id: string; impact: string | null; nodes: { html: string }[] }

/** What axe finds that is serious or worse, as lines of text. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Through the protocol and not through the page, whose policy allows no foreign script.
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe)
  const found = (await page.evaluate('axe.run({ resultTypes: ["violations"] })')) as { violations: Finding[] }
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

/** No error in the console and no request to anybody else. */
export function assertInnocent({ errors, external }: Misdeeds): void {
  assert.deepEqual(errors, [])
  assert.deepEqual(external, [])
}
