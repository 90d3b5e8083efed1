import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { request } from 'undici'
import type { Stack } from '../support/stack.ts'

/** Signs the page in with the admin key, as a user does. */
export async function signIn(page: Page, { consoleUrl, adminKey }: Stack): Promise<void> {
  await page.goto(consoleUrl)
  await page.getByLabel('Admin key or key with scope read').fill(adminKey)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Paste any id' }).waitFor()
}

/** Publishes one event to the stream demo and answers its position. */
export async function publish(
  { api }: Stack,
  { key, type = 'browser.test' }: { key: string; type?: string },
): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const { status, text } = await api.publish('demo', {
    body: '{"hello":"browser"}',
    headers,
    query: `?type=${type}&key=${key}`,
  })
  if (status !== 202) throw new Error(`publishing answered ${status}: ${text}`)
  return (JSON.parse(text) as { position: string }).position
}

/** Switches of the demo receiver: `refuse` drops connections, `fail` answers 500. */
export async function switchReceiver({ dir }: Stack, switches: { refuse?: boolean; fail?: boolean }): Promise<void> {
  const { demoReceiverUrl } = JSON.parse(await readFile(join(dir, 'ready.json'), 'utf8')) as { demoReceiverUrl: string }
  const headers = { 'content-type': 'application/json' }
  const { statusCode, body } = await request(`${demoReceiverUrl}/switches`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(switches),
  })
  if (statusCode !== 200) throw new Error(`the demo receiver answered ${statusCode}: ${await body.text()}`)
  await body.dump()
}
