import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { createProgress } from '../../../../services/cli/up/progress.ts'

const openScreen = (isTTY: boolean) => {
  const written: string[] = []
  const progress = createProgress({ isTTY, write: (text) => written.push(text) })
  return { progress, text: () => stripVTControlCharacters(written.join('')) }
}

describe('the progress of a start', () => {
  it('prints each step once it is done, with its result and its time', async () => {
    const { progress, text } = openScreen(false)
    await progress.step(
      'kafka',
      async () => 3,
      (brokers) => `${brokers} brokers in sync`,
    )
    assert.match(text(), /^ {2}✓ kafka +3 brokers in sync +0\.0 s\n$/)
  })

  it('shows on a terminal what is still going on', async () => {
    const { progress, text } = openScreen(true)
    const redis = Promise.withResolvers<string>()
    const step = progress.step('redis', () => redis.promise, String)
    assert.match(text(), /… redis$/)
    redis.resolve('up')
    await step
    assert.match(text(), /✓ redis +up +0\.0 s\n$/)
  })

  it('passes a failure on and shows no result for it', async () => {
    const { progress, text } = openScreen(false)
    const failure = new Error('no')
    await assert.rejects(
      progress.step('kafka', () => Promise.reject(failure), String),
      failure,
    )
    assert.equal(text(), '')
  })
})
