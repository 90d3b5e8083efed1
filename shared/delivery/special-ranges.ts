import ipaddr from 'ipaddr.js'

export type Address = ipaddr.IPv4 | ipaddr.IPv6
export type Range = [Address, number]

/**
 * Services that hand out the credentials of the machine they run on. Never dialled, whatever the operator allows: AWS, GCP,
 * Azure, OpenStack (169.254.169.254), ECS tasks (169.254.170.2), EKS pods (169.254.170.23), Alibaba, Oracle, Azure wire server.
 */
const metadataAddresses: readonly string[] = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
].map((text) => ipaddr.parse(text).toNormalizedString())

/** What ipaddr.js calls the ranges of the IANA special-purpose registries, in words for an operator. */
const rangeNames: Readonly<Record<string, string>> = {
  unspecified: 'an unspecified address',
  broadcast: 'the broadcast address',
  multicast: 'a multicast address',
  linkLocal: 'a link-local address',
  loopback: 'a loopback address',
  carrierGradeNat: 'a shared address of a provider network',
  private: 'a private address',
  uniqueLocal: 'a private address',
  deprecatedSiteLocal: 'a private address',
}

/** Parses what DNS or a URL gives, with or without zone; an IPv4 address in IPv6 clothes becomes IPv4. Null: no address. */
export function parseAddress(text: string): Address | null {
  const bare = (text.split('%', 1)[0] ?? '').replace(dottedTail, asGroups)
  return ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare) ? ipaddr.process(bare) : null
}

/** ipaddr.js reads `::8.8.8.8` as if it were `::ffff:8.8.8.8`, which is another address. */
const dottedTail = /(?<=:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

function asGroups(text: string, ...octets: string[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = octets.slice(0, 4).map(Number)
  if (Math.max(a, b, c, d) > 255) return text
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}

/** The name of the special range that `address` is in, or null when it is an ordinary public address. */
export function specialRangeOf(address: Address): string | null {
  const range = address.range()
  if (range !== 'unicast') return rangeNames[range] ?? 'a reserved address'
  return isIPv4Compatible(address) ? 'a reserved address' : null
}

/** Whether dialling `address` may end at a metadata service, be it through a translator that embeds the IPv4 address. */
export function isMetadata(address: Address): boolean {
  return [address, ...embeddedIPv4(address)].some((one) => metadataAddresses.includes(one.toNormalizedString()))
}

export function isInRange(address: Address, [network, bits]: Range): boolean {
  return address.kind() === network.kind() && address.match(network, bits)
}

/** ::a.b.c.d, deprecated by RFC 4291 and in no list of ipaddr.js; :: and ::1 are in theirs. */
function isIPv4Compatible(address: Address): boolean {
  return address instanceof ipaddr.IPv6 && address.parts.slice(0, 6).every((part) => part === 0)
}

/**
 * Every IPv4 address that a translator could take out of `address`: at the end (mapped, compatible, RFC 6145, NAT64 /96,
 * ISATAP), behind 2002: (6to4), inverted at the end (Teredo), around octet 8 (NAT64 with /48, /56 and /64, RFC 6052).
 */
function embeddedIPv4(address: Address): ipaddr.IPv4[] {
  if (address instanceof ipaddr.IPv4) return []
  const bytes = address.toByteArray()
  const at = (...indexes: number[]) => new ipaddr.IPv4(indexes.map((index) => bytes[index] ?? 0))
  const inverted = new ipaddr.IPv4(bytes.slice(12).map((byte) => 255 - byte))
  return [at(12, 13, 14, 15), at(2, 3, 4, 5), inverted, at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12)]
}
