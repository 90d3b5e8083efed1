import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { errorTable } from '#shared/errors.ts'
import { remedies } from '#shared/remedies.ts'

const root = join(import.meta.dirname, '../../..')

/** Every `code: '…'` in the sources of these places. */
function codesIn(...patterns: string[]): string[] {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: root }))
  assert.ok(files.length > 0)
  const texts = files.map((file) => readFileSync(join(root, file), 'utf8'))
  return [
    ...new Set(texts.flatMap((text) => [...text.matchAll(/\bcode: '([a-z0-9-]+)'/g)].map(([, code]) => code ?? ''))),
  ]
}

/** Of request bodies, not of attempts. */
const elsewhere = new Set(['body-invalid'])

test('every code that an attempt or a dead letter can have has a remedy', () => {
  const codes = codesIn('shared/delivery/**/*.ts', 'services/consumer/**/*.ts').filter((code) => !elsewhere.has(code))
  assert.ok(codes.length > 15, codes.join())
  assert.deepEqual(
    codes.filter((code) => !(code in remedies.delivery)),
    [],
  )
  const unusable = readFileSync(join(root, 'shared/delivery/kafka-sender.ts'), 'utf8').matchAll(/unusable\('([\w-]+)'/g)
  assert.deepEqual(
    [...unusable].map(([, code]) => code ?? '').filter((code) => !(code in remedies.delivery)),
    [],
  )
})

test('every problem that the state can name has a remedy', () => {
  const codes = codesIn('services/console/problems.ts')
  assert.ok(codes.length >= 6, codes.join())
  const phases = ['held', 'failed', 'paused'].map((phase) => `subscription-${phase}`)
  assert.deepEqual(
    [...codes, ...phases].filter((code) => !(code in remedies.condition)),
    [],
  )
})

test('every code of a refused request has a remedy, the one of the error table', () => {
  for (const [code, { hint }] of Object.entries(errorTable)) assert.equal(Reflect.get(remedies.request, code), hint)
})

test('a remedy is whole sentences that say what to do', () => {
  for (const part of Object.values(remedies)) {
    for (const [code, text] of Object.entries(part)) assert.match(text, /^[A-Z].{10,}\.$/, code)
  }
})
