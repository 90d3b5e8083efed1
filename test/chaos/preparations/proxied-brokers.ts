import { brokerIds } from '../../../services/cli/up/broker.ts'
import { host } from '../../../services/cli/up/ports.ts'
import { freePort } from '../../support/free-port.ts'
import type { BrokerSettings, Part, Preparation, Site } from '../preparation.ts'
import { type Proxies, startProxies } from '../proxy/proxies.ts'

/**
 * The ways to a broker, each through a proxy of its own: `clients` of producers, consumers and console, `peers` of the
 * replicas of other brokers, `control` of the controller quorum.
 */
export const ways = ['clients', 'peers', 'control'] as const
export type WayIn = (typeof ways)[number]

/** The proxy in front of one broker for one kind of traffic. */
export const routeTo = (broker: number, way: WayIn): string => `kafka-${broker}/${way}`

/** Every connection to a broker goes through a proxy, those of the other brokers and controllers too. */
export const proxiedBrokers: Preparation<Proxies> = {
  missing: () => false,
  async prepare({ ports }: Site): Promise<Part<Proxies>> {
    const proxies = startProxies()
    const brokers = await Promise.all(
      brokerIds.map(async (id) => {
        const clients = ports.brokers[id - 1] ?? 0
        const control = ports.controllers[id - 1] ?? 0
        const behind = { clients, peers: await freePort(), control }
        return { id, behind, inFront: await openAll(proxies, id, behind) }
      }),
    )
    const voters = brokers.map(({ id, inFront }) => `${id}@${host}:${inFront.control}`).join(',')
    const settings = brokers.map(({ id, ...ports }) => [id, settingsOf(ports, voters)])
    return { handle: proxies, start: { brokers: Object.fromEntries(settings) }, stop: proxies.stop }
  },
}

type ByWay = Readonly<Record<WayIn, number>>

async function openAll(proxies: Proxies, id: number, behind: ByWay): Promise<ByWay> {
  const open = (way: WayIn) => proxies.open({ name: routeTo(id, way), upstreamPort: behind[way], protocol: 'kafka' })
  return { clients: await open('clients'), peers: await open('peers'), control: await open('control') }
}

/**
 * Clients reach it by CLIENT, which stands first, other brokers by INTERNAL. What a new leader of the quorum tells the others
 * is the address that it advertises, not that of the voters: without one they would go past the proxy from then on.
 */
export function settingsOf({ behind, inFront }: { behind: ByWay; inFront: ByWay }, voters: string): BrokerSettings {
  const at = ({ clients, peers, control }: ByWay) =>
    [`CLIENT://${host}:${clients}`, `INTERNAL://${host}:${peers}`, `CONTROLLER://${host}:${control}`].join(',')
  return {
    listeners: at(behind),
    'advertised.listeners': at(inFront),
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.quorum.voters': voters,
  }
}
