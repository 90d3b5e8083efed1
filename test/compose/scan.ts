import { readFileSync } from 'node:fs'

const listenState = '0A'

/** Where anybody on this machine listens, as `address:port`: what a scan of all its ports could find. */
export const listeners = (): Set<string> =>
  new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => listenersIn(readFileSync(path, 'utf8'))))

/** The listening sockets of a table as Linux prints it: addresses in hex, each four bytes in the machine's order. */
export function listenersIn(table: string): string[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === listenState)
    .map(([, local = '']) => {
      const [address = '', port = ''] = local.split(':')
      return `${addressOf(address)}:${Number.parseInt(port, 16)}`
    })
}

function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? []
  const bytes = words.flatMap((word) => [...Buffer.from(word, 'hex').reverse()])
  if (bytes.length === 4) return bytes.join('.')
  return `[${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}]`
}
