import type { Preparation } from '../preparation.ts'
import { type Proxies, startProxies } from '../proxy/proxies.ts'

/** Proxies in front of nothing yet: a fault opens a route to what it needs, and the route stays for as long as the stack. */
export const spareProxies: Preparation<Proxies> = {
  missing: () => false,
  async prepare() {
    const proxies = startProxies()
    return { handle: proxies, start: {}, stop: proxies.stop }
  },
}
