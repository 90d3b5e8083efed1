/*
 * Which process of this machine a request came from, told by the system and not by the request: the other end of each
 * connection is a socket, and the socket a file of its process, also of one in a container of this machine, which has a table
 * of connections of its own. Linux only; elsewhere nobody is known. Who is behind a proxy of ours nobody sees, and it sends
 * nothing of its own: it is nobody.
 *
 * Looking takes tens of ms, so it happens once for all connections of a while, and nobody who is answered waits for it.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

/** Process id; null for one that cannot be seen or is gone, and for a proxy of ours. */
export type Sender = number | null

export type Senders = {
  /** Tells who has the other end of a connection: at once if it is known, else when it was looked up. */
  tell(socket: Socket, hear: (sender: Sender) => void): void
  /** Looks up now whom nobody was told of yet. */
  flush(): Promise<void>
}

/** `ends` are asked for while the connection stands. */
type Asked = { ends: string; hearers: ((sender: Sender) => void)[] }

const gatherMs = 400
const proxyProgram = fileURLToPath(new URL('../proxy/process.ts', import.meta.url))

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
    const inodes = await inodesOf([...asked.values()].map(({ ends }) => ends))
    const inodeOf = ({ ends }: Asked) => inodes.get(ends) ?? ''
    const owners = ownersOf(new Set([...asked.values()].map(inodeOf)), met)
    for (const [socket, one] of asked) {
      const owner = owners.get(inodeOf(one)) ?? null
      const sender = owner === null || isProxy(owner) ? null : owner
      known.set(socket, sender)
      for (const hear of one.hearers) hear(sender)
    }
  }
  return {
    tell(socket, hear) {
      const sender = known.get(socket)
      if (sender !== undefined) return hear(sender)
      const asked = waiting.get(socket) ?? { ends: endsOf(socket), hearers: [] }
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

/** Looks into the tables of containers only for what is not in ours. */
async function inodesOf(wanted: readonly string[]): Promise<Map<string, string>> {
  const own = inodesByEnds(await readFile('/proc/net/tcp', 'latin1').catch(() => ''))
  if (wanted.every((ends) => own.has(ends))) return own
  const tables = otherNetworks().map((pid) => readOr('', () => readFileSync(`/proc/${pid}/net/tcp`, 'latin1')))
  return new Map([...tables.flatMap((table) => [...inodesByEnds(table)]), ...own])
}

/** One process of each network namespace but ours. */
function otherNetworks(): string[] {
  const networkOf = (pid: string) => readOr('', () => readlinkSync(`/proc/${pid}/ns/net`))
  const byNetwork = new Map(processes().map((pid) => [networkOf(pid), pid]))
  byNetwork.delete('')
  byNetwork.delete(networkOf('self'))
  return [...byNetwork.values()]
}

/** The rows of `/proc/net/tcp` as `<local address>:<port> <remote port>` → inode. A socket that nobody has any more has none. */
export function inodesByEnds(table: string): Map<string, string> {
  const rows = table.split('\n').slice(1)
  return new Map(
    rows.flatMap((row): [string, string][] => {
      const [, local = '', remote = '', , , , , , , inode = '0'] = row.trim().split(/\s+/)
      return inode === '0' ? [] : [[`${addressOf(local)}:${portOf(local)} ${portOf(remote)}`, inode]]
    }),
  )
}

/** Seen from the other end. */
const endsOf = ({ remoteAddress, remotePort, localPort }: Socket): string =>
  `${remoteAddress}:${remotePort} ${localPort}`

/** Bytes stand in the order of the machine, which is the wrong one. */
const addressOf = (end: string): string => [...Buffer.from(end.slice(0, 8), 'hex').reverse()].join('.')

const portOf = (end: string): number => Number.parseInt(end.split(':')[1] ?? '', 16)

const processes = (): string[] => readOr([], () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)))

/** Who has which socket open. Stops as soon as all are found. */
function ownersOf(wanted: Set<string>, met: Set<string>): Map<string, number> {
  const owners = new Map<string, number>()
  wanted.delete('')
  const others = processes().filter((name) => !met.has(name))
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

const isProxy = (pid: number): boolean =>
  readOr('', () => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    .split('\0')
    .includes(proxyProgram)

/** Processes end and files close while they are looked at. */
export function readOr<T>(otherwise: T, read: () => T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}
