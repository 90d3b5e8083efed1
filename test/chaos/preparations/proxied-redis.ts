import { connect } from 'node:net'
import { host } from '../../../services/cli/up/ports.ts'
import { programPath } from '../../../services/cli/up/program-path.ts'
import { freeUnlentPort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'
import type { Part, Preparation, Site } from '../preparation.ts'
import { type Proxies, startProxies } from '../proxy/proxies.ts'

export const redisRoute = 'redis'
const program = 'redis-server'

/**
 * Every connection to Redis goes through a proxy on the port of the stack's Redis: what the launcher finds as `redis-server`
 * listens on another one. The launcher wants its ports free, so the proxy listens when Redis does.
 */
export const proxiedRedis: Preparation<Proxies> = {
  missing: () => (programPath(program) === undefined ? `it takes ${program}` : false),
  async prepare({ ports }: Site): Promise<Part<Proxies>> {
    const upstreamPort = await freeUnlentPort()
    const proxies = startProxies()
    const opening = until('Redis listens', () => isListening(upstreamPort))
      .then(() => proxies.open({ name: redisRoute, upstreamPort, protocol: 'bytes', port: ports.redis }))
      .catch((error: unknown) => process.stderr.write(`no proxy in front of Redis: ${String(error)}\n`))
    const stop = async () => {
      await proxies.stop()
      await opening
    }
    // Of two ports Redis takes the last one.
    const programs = { [program]: { args: ['--port', String(upstreamPort)] } }
    return { handle: proxies, start: { programs }, stop }
  },
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
