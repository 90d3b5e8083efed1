import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runFolder } from '../../../services/cli/folders.ts'
import type { Stack, StackProcess } from '../../support/stack.ts'

/** Where a broker keeps its log. */
export const folderOf = ({ dir }: Stack, { name }: StackProcess): string =>
  join(runFolder(dir).brokers, name.replace('kafka-', ''))

/** The newest segment of each partition of a topic in one broker's folder. */
export async function segmentsOf(folder: string, topic: string): Promise<string[]> {
  const partitions = (await readdir(folder)).filter((name) => name.replace(/-\d+$/, '') === topic)
  const newest = partitions.map(async (name) => {
    const logs = (await readdir(join(folder, name))).filter((file) => file.endsWith('.log')).sort()
    return join(folder, name, logs.at(-1) ?? '')
  })
  return Promise.all(newest)
}

/** Turns one bit in the middle. Whether there was anything to damage. */
export async function flipBit(path: string): Promise<boolean> {
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    const byte = Buffer.alloc(1)
    const middle = Math.floor(size / 2)
    if ((await file.read(byte, 0, 1, middle)).bytesRead === 0) return false
    byte.writeUInt8(byte.readUInt8() ^ 1)
    await file.write(byte, 0, 1, middle)
    return true
  } finally {
    await file.close()
  }
}
