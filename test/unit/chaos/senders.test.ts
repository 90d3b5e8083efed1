import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inodesByEnds } from '../../chaos/load/senders.ts'

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0
   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 777 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:C351 0100007F:1F90 06 00000000:00000000 03:00000F2E 00000000     0        0 0 3 0000000000000000
`

describe('the table of connections', () => {
  it('names the socket of each end that a process has, and none of those that are gone', () => {
    const inodes = inodesByEnds(table)
    assert.equal(inodes.get('127.0.0.1:50000 8080'), '777')
    assert.equal(inodes.has('127.0.0.1:50001 8080'), false)
  })

  it('tells ends with equal ports apart by their address, as two containers may have them', () => {
    const row = (address: string, inode: number) =>
      `   0: ${address}:C350 010011AC:1F90 01 00000000:00000000 00:00000000 00000000 0 0 ${inode} 1\n`
    const inodes = inodesByEnds(`heads\n${row('030012AC', 1)}${row('040012AC', 2)}`)
    assert.deepEqual(
      [...inodes],
      [
        ['172.18.0.3:50000 8080', '1'],
        ['172.18.0.4:50000 8080', '2'],
      ],
    )
  })
})
