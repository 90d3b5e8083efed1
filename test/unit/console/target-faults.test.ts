import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SubscriptionDefinition } from '#shared/catalog/create-subscription.ts'
import type { Balance, StatusOutcome, Target } from '#shared/catalog/model.ts'
import { targetFaults } from '../../../services/console/target-faults.ts'

type Given = { targets?: Partial<Target>[]; balance?: Balance; onStatus?: Record<string, StatusOutcome> }

function faultsOf({ targets = [{}], balance = 'round-robin', onStatus = {} }: Given) {
  const complete = targets.map((target, index) => ({
    ...{ url: `https://${index}.example/hooks`, weight: 1, backup: false, healthPath: null },
    ...target,
  }))
  const definition = { destination: { balance, targets: complete }, delivery: { onStatus } }
  const faults = targetFaults(definition as unknown as SubscriptionDefinition)
  for (const { fix } of faults) assert.notEqual(fix ?? '', '')
  return faults.map(({ pointer, code }) => `${pointer} ${code}`)
}

const url = 'https://a.example/hooks'

const rows: [string, Given, string[]][] = [
  ['several targets', { targets: [{}, {}, { backup: true }] }, []],
  ['a URL twice', { targets: [{ url }, {}, { url }] }, ['/destination/targets/2/url repeated']],
  [
    'a URL twice, written otherwise',
    { targets: [{ url }, { url: 'https://A.example:443/hooks' }] },
    ['/destination/targets/1/url repeated'],
  ],
  ['two paths on one host', { targets: [{ url }, { url: 'https://a.example/other' }] }, []],
  ['a health path', { targets: [{ healthPath: '/healthz?deep=1' }] }, []],
  ...['healthz', 'http://b.example/', '//b.example/', '/\\b.example/', '/a b', '/a#b', '/a\tb', ''].map(
    (healthPath): [string, Given, string[]] => [
      `the health path ${JSON.stringify(healthPath)}`,
      { targets: [{}, { healthPath }] },
      ['/destination/targets/1/healthPath wrong-form'],
    ],
  ),
  ['a comparison of two', { balance: 'compare', targets: [{}, {}] }, []],
  ['a comparison of one', { balance: 'compare' }, ['/destination/targets not-allowed']],
  ['a comparison of three', { balance: 'compare', targets: [{}, {}, {}] }, ['/destination/targets not-allowed']],
  [
    'a comparison with a backup',
    { balance: 'compare', targets: [{}, { backup: true }] },
    ['/destination/targets/1/backup not-allowed'],
  ],
  ['statuses and classes', { onStatus: { 200: 'retry', '4xx': 'retry', 599: 'delivered' } }, []],
  ...['4x', '40', '4000', '100', '1xx', '6xx', '600', '4XX', ' 409', 'a/b'].map((status): [string, Given, string[]] => [
    `the status ${JSON.stringify(status)}`,
    { onStatus: { [status]: 'retry' } },
    [`/delivery/onStatus/${status.replace('/', '~1')} wrong-form`],
  ]),
]

for (const [what, given, wants] of rows) {
  test(`${what}: ${wants.length === 0 ? 'allowed' : 'refused'}`, () => assert.deepEqual(faultsOf(given), wants))
}

test('a name that nobody could read is cut', () => {
  const [fault = ''] = faultsOf({ onStatus: { ['x'.repeat(5_000)]: 'retry' } })
  assert.ok(fault.length < 120)
})
