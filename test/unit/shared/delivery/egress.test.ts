import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createEgressGuard } from '#shared/delivery/egress.ts'

const strict = createEgressGuard('')
const everything = createEgressGuard('0.0.0.0/0, ::/0, anywhere.example')
const refuses = (address: string, host = 'receiver.example') => strict.refusal(address, host) !== null

const specialAddresses = [
  ...['127.0.0.1', '127.255.255.254', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.0.1'],
  ...['100.64.0.1', '100.127.255.255', '0.0.0.0', '0.1.2.3', '192.0.0.1', '198.18.0.1', '198.19.255.255'],
  ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '192.88.99.1', '224.0.0.1', '239.255.255.255', '240.0.0.1'],
  ...['255.255.255.255'],
  ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12:3456::1', 'fec0::1', 'ff02::1'],
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::127.0.0.1', '::8.8.8.8', '::ffff:0:8.8.8.8'],
  ...['64:ff9b::8.8.8.8', '64:ff9b::7f00:1', '64:ff9b:1::1', '2002:808:808::1', '2001::1', '2001:0:4136::1'],
  ...['100::1', '2001:db8::1', '2001:10::1', '2001:20::1', '2001:2::1', '3fff::1', '5f00::1'],
]

test('addresses of special ranges are refused, in every form', () => {
  const passed = specialAddresses.filter((address) => !refuses(address))
  assert.deepEqual(passed, [])
})

test('public addresses pass, next to the borders of the ranges too', () => {
  const publicAddresses = [
    ...[
      '8.8.8.8',
      '1.1.1.1',
      '9.255.255.255',
      '11.0.0.0',
      '100.63.255.255',
      '100.128.0.0',
      '126.255.255.255',
      '128.0.0.0',
    ],
    ...[
      '169.253.255.255',
      '169.255.0.0',
      '172.15.255.255',
      '172.32.0.0',
      '192.167.255.255',
      '192.169.0.0',
      '198.17.255.255',
    ],
    ...['198.20.0.0', '223.255.255.255', '2606:4700::1111', '2a00:1450:4001::8a', '::ffff:8.8.8.8'],
  ]
  assert.deepEqual(
    publicAddresses.filter((address) => refuses(address)),
    [],
  )
})

test('what is no address is refused', () => {
  for (const text of ['', 'localhost', '1.2.3', '1.2.3.4.5', '0x7f.1', '2130706433', '127.1', 'fe80:', '1::2::3']) {
    assert.equal(refuses(text), true, text)
  }
})

test('networks, addresses and host names of the allow-list pass, nothing beside them', () => {
  const guard = createEgressGuard(
    ' 10.1.0.0/16, 192.168.7.7 ,fd00:1::/32,[::1], Host.Docker.Internal , ::ffff:172.20.0.0/112',
  )
  const passes = (address: string, host = 'x.example') => guard.refusal(address, host) === null
  for (const address of ['10.1.2.3', '192.168.7.7', 'fd00:1::5', '::1', '::ffff:10.1.2.3', '172.20.9.9']) {
    assert.equal(passes(address), true, address)
  }
  for (const address of ['10.2.0.1', '192.168.7.8', 'fd00:2::5', '127.0.0.1', '172.21.0.1']) {
    assert.equal(passes(address), false, address)
  }
  assert.equal(passes('10.2.0.1', 'host.docker.internal'), true)
  assert.equal(passes('10.2.0.1', 'HOST.docker.internal.'), true)
  assert.equal(passes('10.2.0.1', 'evil.host.docker.internal'), false)
})

test('an entry that nobody can read is a fault that quotes it', () => {
  for (const entry of [
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0/8',
    '256.1.1.1',
    'a b',
    'http://x',
    '::1/129',
    '1/2/3',
    '*.x',
    '/8',
  ]) {
    assert.throws(
      () => createEgressGuard(`127.0.0.1,${entry}`),
      (error: Error) => error.message.includes(entry),
      entry,
    )
  }
})

const metadata = [
  ...['169.254.169.254', '169.254.170.2', '169.254.170.23', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
  ...['fd00:ec2::254', 'fd00:0ec2:0:0::254', 'fd00:ec2::23', 'fd20:ce::254'],
]

test('metadata services are refused even when everything is allowed', () => {
  for (const address of [...metadata, 'fd00:ec2::254%eth0']) {
    assert.match(everything.refusal(address, 'anywhere.example') ?? 'passed', /metadata/, address)
    assert.equal(refuses(address), true, address)
  }
})

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255))
const group = (high = 0, low = 0) => ((high << 8) | low).toString(16)

/** Every way to carry an IPv4 address inside an IPv6 address that some translator understands. */
const embeddings: Record<string, (octets: readonly number[]) => string> = {
  mapped: ([a, b, c, d]) => `::ffff:${group(a, b)}:${group(c, d)}`,
  mappedDotted: (octets) => `::ffff:${octets.join('.')}`,
  compatible: ([a, b, c, d]) => `::${group(a, b)}:${group(c, d)}`,
  translated: ([a, b, c, d]) => `::ffff:0:${group(a, b)}:${group(c, d)}`,
  nat64: ([a, b, c, d]) => `64:ff9b::${group(a, b)}:${group(c, d)}`,
  nat64Local: ([a, b, c, d]) => `64:ff9b:1:${group(a, b)}:${group(0, c)}:${group(d)}::`,
  sixToFour: ([a, b, c, d]) => `2002:${group(a, b)}:${group(c, d)}::1`,
  teredo: ([a = 0, b = 0, c = 0, d = 0]) => `2001:0:808:808:0:0:${group(255 - a, 255 - b)}:${group(255 - c, 255 - d)}`,
}

test('no embedding brings an address through that would be refused by itself', () => {
  fc.assert(
    fc.property(octets, fc.constantFrom(...Object.keys(embeddings)), (four, name) => {
      const embedded = embeddings[name]?.(four) ?? ''
      if (refuses(four.join('.'))) assert.equal(refuses(embedded), true, embedded)
    }),
    { numRuns: 2_000 },
  )
})

test('no embedding brings a metadata service through, whatever is allowed', () => {
  for (const address of metadata.filter((text) => text.includes('.'))) {
    for (const [name, embed] of Object.entries(embeddings)) {
      const embedded = embed(address.split('.').map(Number))
      assert.match(everything.refusal(embedded, 'anywhere.example') ?? 'passed', /metadata/, `${name} ${embedded}`)
    }
  }
})

test('an allow-list opens exactly its network', () => {
  fc.assert(
    fc.property(octets, fc.integer({ min: 1, max: 32 }), octets, (network, bits, address) => {
      const guard = createEgressGuard(`${network.join('.')}/${bits}`)
      const text = address.join('.')
      if (metadata.includes(text)) return
      const inside = bitsOf(network).slice(0, bits) === bitsOf(address).slice(0, bits)
      assert.equal(guard.refusal(text, 'x') === null, inside || !refuses(text))
    }),
    { numRuns: 2_000 },
  )
})

const bitsOf = (octets: readonly number[]) => octets.map((octet) => octet.toString(2).padStart(8, '0')).join('')
