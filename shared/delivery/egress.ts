import ipaddr from 'ipaddr.js'
import { type Address, isInRange, isMetadata, parseAddress, type Range, specialRangeOf } from './special-ranges.ts'

/** Which addresses targets may have. Built once per process from TAILRACE_EGRESS_ALLOW; asked for the address dialled. */
export type EgressGuard = {
  /** Why `address`, which `host` stands for, may not be dialled, in words; null when it may. */
  refusal(address: string, host: string): string | null
}

/**
 * A guard that lets public addresses pass and what `allow` names: networks (`10.0.0.0/8`), addresses and host names,
 * separated by commas. Metadata services never pass. Throws a RangeError that quotes an entry nobody can read.
 */
export function createEgressGuard(allow: string): EgressGuard {
  const { ranges, hosts } = parseAllowList(allow)
  return {
    refusal(text, host) {
      const address = parseAddress(text)
      if (address === null) return `${text} is not an IP address`
      if (isMetadata(address)) return `${text} is a metadata service, which is never allowed`
      const special = specialRangeOf(address)
      if (special === null || hosts.has(bareHost(host))) return null
      return ranges.some((range) => isInRange(address, range)) ? null : `${text} is ${special}`
    },
  }
}

/** Host names are compared without case and without the dot of the root. */
function bareHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/

function parseAllowList(allow: string): { ranges: Range[]; hosts: Set<string> } {
  const ranges: Range[] = []
  const hosts = new Set<string>()
  for (const entry of allow.split(',').map((part) => part.trim())) {
    if (entry === '') continue
    const range = parseRange(entry.replace(/^\[(.*)\]$/, '$1'))
    if (range !== null) ranges.push(range)
    else if (hostName.test(bareHost(entry)) && !/^[\d.]+$/.test(entry)) hosts.add(bareHost(entry))
    else throw new RangeError(`"${entry}" is neither a network like 10.0.0.0/8, nor an address, nor a host name`)
  }
  return { ranges, hosts }
}

function parseRange(entry: string): Range | null {
  const [text = '', bits] = entry.split('/')
  const address = parseAddress(text)
  if (address === null || entry.split('/').length > 2) return null
  if (bits === undefined) return [address, address.kind() === 'ipv4' ? 32 : 128]
  return ipaddr.isValidCIDR(entry) ? parseNetwork(entry, address) : null
}

/** `::ffff:10.0.0.0/104` means 10.0.0.0/8: guarded addresses are IPv4 once they are recognised as such. */
function parseNetwork(entry: string, address: Address): Range {
  const [network, bits] = ipaddr.parseCIDR(entry)
  return network.kind() === address.kind() ? [network, bits] : [address, Math.max(bits - 96, 0)]
}
