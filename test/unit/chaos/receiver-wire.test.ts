import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gatherFacts } from '../../chaos/check/facts.ts'
import type { Scene } from '../../chaos/faults/fault.ts'
import { hidden, receiverWireFaults } from '../../chaos/faults/receiver-wire.ts'
import type { HistoryLine, ReceiveLine } from '../../chaos/history.ts'
import { faultLines, faultlessEvent, scope } from './synthetic.ts'

function request(seq: number, atMs: number, sender: number | null): HistoryLine[] {
  const [, , line] = faultlessEvent('k0', seq, atMs * 1e6)
  return [{ ...(line as ReceiveLine), arrivedNs: atMs * 1e6, sender }]
}

const name = 'slow-receiver-wire'
const fault = faultLines(5_000, { fault: name, victim: scope.subscription, wholeMs: 9_000 })

describe('what came to a receiver through a proxy', () => {
  it('is counted while the fault lasts: I19 cannot judge it', async () => {
    const hiddenOnes = [
      request(0, 4_000, null),
      request(1, 6_000, null),
      request(2, 8_000, null),
      request(4, 9_500, null),
    ]
    const facts = await gatherFacts([...hiddenOnes.flat(), ...request(3, 7_000, 1), ...fault])
    assert.deepEqual(hidden(facts, name), {
      text: 'slow-receiver-wire: 2 requests through the proxy, not judged by I19',
      complaints: [],
    })
  })

  it('is missed where there was nothing: then the fault did not happen', async () => {
    const facts = await gatherFacts([...request(0, 6_000, 1), ...fault])
    assert.deepEqual(hidden(facts, name).complaints, ['slow-receiver-wire: nothing came through the proxy'])
  })
})

/** A run of two subscriptions that is broken off; `seen` is what was done on the way to the receiver of the second one. */
function brokenOff() {
  const seen: string[] = []
  const courseOf = (subscription: string, port: number) => ({
    scope: { subscription },
    receiver: { url: `http://127.0.0.1:${port}` },
  })
  const spareProxies = {
    open: async ({ upstreamPort }: { upstreamPort: number }) => {
      seen.push(`a proxy in front of ${upstreamPort}`)
      return 99
    },
    status: async () => ({ connections: 1 }),
    rule: async () => void seen.push('treated'),
    clear: async () => void seen.push('not treated'),
    reset: async () => {
      seen.push('reset')
      return 1
    },
  }
  const api = {
    patchSubscription: async (name: string, { destination }: { destination: { targets: { url: string }[] } }) =>
      void seen.push(`${name} to ${destination.targets[0]?.url}`),
  }
  const experiment = {
    courses: [courseOf('first', 1), courseOf('second', 2)],
    mark: (fault: string, victim: string) => void seen.push(`${fault} ${victim}`),
  }
  const scene = { stack: { api }, experiment, round: 0, prepared: { spareProxies }, signal: AbortSignal.abort() }
  return { scene: scene as unknown as Scene, seen }
}

describe('the wire to a receiver', () => {
  const treated = { 'slow-receiver-wire': ['treated', 'not treated'], 'reset-receiver-wire': ['reset'] } as const
  for (const [fault, { inject }] of Object.entries(receiverWireFaults)) {
    it(`is that of the second subscription, and its own again after ${fault}, also when the run is broken off`, async () => {
      const { scene, seen } = brokenOff()
      await assert.rejects(inject(scene), { name: 'AbortError' })
      assert.deepEqual(seen, [
        ...['a proxy in front of 2', 'second to http://127.0.0.1:99/', `${fault} second`],
        ...treated[fault as keyof typeof treated],
        'second to http://127.0.0.1:2/',
      ])
    })
  }
})
