import { readFileSync } from 'node:fs'
import { listeningIn, socketTables } from '../../services/cli/up/listening.ts'

/** Where anybody on this machine listens, as `address:port`: what a scan of all its ports could find. */
export const listeners = (): Set<string> =>
  new Set(socketTables.flatMap((path) => listenersIn(readFileSync(path, 'utf8'))))

/** The same of one table. */
export const listenersIn = (table: string): string[] =>
  listeningIn(table).map(({ address, port }) => `${addressOf(address)}:${port}`)

function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? []
  const bytes = words.flatMap((word) => [...Buffer.from(word, 'hex').reverse()])
  if (bytes.length === 4) return bytes.join('.')
  return `[${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}]`
}
