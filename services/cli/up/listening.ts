/** A socket that somebody listens on. `address`: hex, each four bytes in the machine's order. */
export type ListeningSocket = { address: string; port: number; inode: string }

/** The tables of all TCP sockets, as Linux prints them. */
export const socketTables = ['/proc/net/tcp', '/proc/net/tcp6'] as const

const listenState = '0A'

/** The listening sockets of a table: rows are "sl local remote state …", the inode is column 9 (man 5 proc_net). */
export function listeningIn(table: string): ListeningSocket[] {
  return table
    .split('\n')
    .slice(1)
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , state]) => state === listenState)
    .map((columns) => {
      const [address = '', port = ''] = (columns[1] ?? '').split(':')
      return { address, port: Number.parseInt(port, 16), inode: columns[9] ?? '' }
    })
}
