import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import type { Part, Preparation, Site } from '../preparation.ts'
import { undoAtEnd } from './undo.ts'

/** Drops packets to and from all brokers and controllers of a stack. */
export type PacketFilter = {
  /** From now on each packet is dropped with this chance, 0 to 1. */
  lose(chance: number): Promise<void>
  /** From now on none is. Returns how many were. */
  clear(): Promise<number>
}

const run = promisify(execFile)
/** Waits for whoever else changes the tables. */
const iptables = (...args: readonly string[]) => run('iptables', ['-w', ...args])
const droppedBy = (chance: number) => [
  '-m',
  'statistic',
  '--mode',
  'random',
  '--probability',
  String(chance),
  '-j',
  'DROP',
]

/** `$1` is the chain, `$2` the ports. */
const remove = `
iptables -w -D INPUT -i lo -p tcp -m multiport --ports "$2" -j "$1"
iptables -w -F "$1" && iptables -w -X "$1"`

/** A chain of its own in the tables of the kernel, through which goes what the brokers hear and say. */
export const packetFilter: Preparation<PacketFilter> = {
  missing() {
    if (process.getuid?.() !== 0) return 'only root can drop packets'
    if (spawnSync('iptables', ['--version']).status !== 0) return 'it takes iptables'
    return canDropByChance() ? false : 'this kernel cannot drop packets by chance (iptables -m statistic)'
  },
  async prepare({ portOffset, ports }: Site): Promise<Part<PacketFilter>> {
    const chain = `tailrace-${portOffset}`
    const all = [...ports.brokers, ...ports.controllers].join(',')
    const stop = undoAtEnd(remove, [chain, all])
    await iptables('-N', chain)
    await iptables('-I', 'INPUT', '-i', 'lo', '-p', 'tcp', '-m', 'multiport', '--ports', all, '-j', chain)
    const clear = async () => {
      const dropped = droppedIn((await iptables('-nvxL', chain)).stdout)
      await iptables('-F', chain)
      return dropped
    }
    const lose = async (chance: number) => {
      await iptables('-A', chain, ...droppedBy(chance))
    }
    return { handle: { lose, clear }, start: {}, stop }
  },
}

/** Of what `iptables -nvxL` says: the first number of each rule that drops. */
export const droppedIn = (listing: string): number =>
  [...listing.matchAll(/^\s*(\d+)\s+\d+\s+DROP\s/gm)].reduce((sum, [, packets]) => sum + Number(packets), 0)

/** Tried in a chain that nothing goes through. */
function canDropByChance(): boolean {
  const chain = `tailrace-try-${process.pid}`
  const does = (...args: readonly string[]) => spawnSync('iptables', ['-w', ...args]).status === 0
  if (!does('-N', chain)) return false
  const can = does('-A', chain, '-p', 'tcp', '-m', 'multiport', '--ports', '1,2', ...droppedBy(0.5))
  does('-F', chain)
  does('-X', chain)
  return can
}
