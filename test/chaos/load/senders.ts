/*
 * Which process of this machine a request came from, told by the system and not by the request: the other end of each
 * connection is a socket, and the socket a file of its process. Linux only; elsewhere nobody is known.
 *
 * Looking takes tens of ms, so it happens once for all connections of a while, and nobody who is answered waits for it.
 */
import { readdirSync, readlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

/** Process id; null for one that cannot be seen or is gone. */
export type Sender = number | null

export type Senders = {
  /** Tells who has the other end of a connection: at once if it is known, else when it was looked up. */
  tell(socket: Socket, hear: (sender: Sender) => void): void
  /** Looks up now whom nobody was told of yet. */
  flush(): Promise<void>
}

/** `ports` are asked for while the connection stands. */
type Asked = { ports: string; hearers: ((sender: Sender) => void)[] }

const gatherMs = 400

/** Nobody is known yet; processes that were met before are looked at first. */
export function createSenders(): Senders {
  const known = new WeakMap<Socket, Sender>()
  const met = new Set<string>()
  let waiting = new Map<Socket, Asked>()
  let timer: NodeJS.Timeout | undefined
  const lookUp = async () => {
    const asked = waiting
    waiting = new Map()
    timer = undefined
    const inodes = inodesByPorts(await readFile('/proc/net/tcp', 'latin1').catch(() => ''))
    const inodeOf = ({ ports }: Asked) => inodes.get(ports) ?? ''
    const owners = ownersOf(new Set([...asked.values()].map(inodeOf)), met)
    for (const [socket, one] of asked) {
      const sender = owners.get(inodeOf(one)) ?? null
      known.set(socket, sender)
      for (const hear of one.hearers) hear(sender)
    }
  }
  return {
    tell(socket, hear) {
      const sender = known.get(socket)
      if (sender !== undefined) return hear(sender)
      const asked = waiting.get(socket) ?? { ports: portsOf(socket), hearers: [] }
      asked.hearers.push(hear)
      waiting.set(socket, asked)
      timer ??= setTimeout(() => void lookUp(), gatherMs)
    },
    async flush() {
      clearTimeout(timer)
      await lookUp()
    },
  }
}

/** The rows of `/proc/net/tcp` as `<local port> <remote port>` → inode. A socket that nobody has any more has none. */
export function inodesByPorts(table: string): Map<string, string> {
  const rows = table.split('\n').slice(1)
  return new Map(
    rows.flatMap((row): [string, string][] => {
      const [, local = '', remote = '', , , , , , , inode = '0'] = row.trim().split(/\s+/)
      return inode === '0' ? [] : [[`${portOf(local)} ${portOf(remote)}`, inode]]
    }),
  )
}

/** Seen from the other end. */
const portsOf = ({ remotePort, localPort }: Socket): string => `${remotePort} ${localPort}`

const portOf = (address: string): number => Number.parseInt(address.split(':')[1] ?? '', 16)

/** Who has which socket open. Stops as soon as all are found. */
function ownersOf(wanted: Set<string>, met: Set<string>): Map<string, number> {
  const owners = new Map<string, number>()
  wanted.delete('')
  const others = readOr([], () => readdirSync('/proc').filter((name) => /^\d+$/.test(name) && !met.has(name)))
  for (const pid of [...met, ...others]) {
    if (wanted.size === 0) break
    const folder = `/proc/${pid}/fd`
    const files = readOr([], () => readdirSync(folder))
    if (files.length === 0) met.delete(pid)
    for (const file of files) {
      const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(readOr('', () => readlinkSync(`${folder}/${file}`))) ?? []
      if (!wanted.delete(inode)) continue
      owners.set(inode, Number(pid))
      met.add(pid)
    }
  }
  return owners
}

/** Processes end and files close while they are looked at. */
function readOr<T>(otherwise: T, read: () => T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}
