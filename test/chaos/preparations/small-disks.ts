import { execFile, spawnSync } from 'node:child_process'
import { mkdir, open, rm, truncate, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { runFolder } from '../../../services/cli/folders.ts'
import { type BrokerId, brokerIds, dataFolder } from '../../../services/cli/up/broker.ts'
import { until } from '../../support/until.ts'
import type { Part, Preparation, Site } from '../preparation.ts'
import { undoAtEnd } from './undo.ts'

/** A disk that has nothing on it but the log folder of one broker. */
export type Disk = {
  /** Not a byte is free any more. */
  fill(): Promise<void>
  /** What was filled is free again. */
  free(): Promise<void>
  /** The file system meets an error and takes no write any more, as the usual mount option says. */
  turnReadOnly(): Promise<void>
  /** As an operator does: takes it off as soon as nobody uses it, checks it, and mounts it again. */
  repair(): Promise<void>
}

export type Disks = Readonly<Record<BrokerId, Disk>>

const diskBytes = 256 * 1024 * 1024
const chunkBytes = [1024 * 1024, 4096, 1]
const programs = ['losetup', 'mkfs.ext4', 'e2fsck', 'mount', 'umount']
const run = promisify(execFile)

/** The log folder of every broker is an ext4 of 256 MiB in a file, on a loop device. */
export const smallDisks: Preparation<Disks> = {
  missing() {
    if (process.getuid?.() !== 0) return 'only root can mount a disk'
    const absent = programs.filter((program) => spawnSync('/bin/sh', ['-c', `command -v ${program}`]).status !== 0)
    if (absent.length > 0) return `it takes ${absent.join(', ')}`
    return spawnSync('losetup', ['--find']).status === 0 ? false : 'this machine has no free loop device'
  },
  async prepare({ dir }: Site): Promise<Part<Disks>> {
    const images = join(dir, 'disks')
    await mkdir(images)
    const places = brokerIds.map((id) => ({
      image: join(images, `${id}.img`),
      folder: dataFolder(runFolder(dir).brokers, id),
    }))
    const stop = undoAtEnd(
      unmount,
      places.flatMap(({ image, folder }) => [image, folder]),
    )
    const disks: Disk[] = []
    // One by one: two that look for a free loop device may find the same.
    for (const place of places) disks.push(await makeDisk(place))
    const [first, second, third] = disks
    if (first === undefined || second === undefined || third === undefined) throw new Error('there are three brokers')
    return { handle: { 1: first, 2: second, 3: third }, start: {}, stop }
  },
}

/** Of pairs of an image and its folder. Lazily: a broker that is dying may still have files open. */
const unmount = `
left=0
while [ $# -gt 0 ]; do
  if mountpoint -q "$2"; then umount -l "$2" || left=1; fi
  for device in $(losetup --noheadings --output NAME --associated "$1"); do losetup --detach "$device" || left=1; done
  shift 2
done
exit $left`

type Place = { image: string; folder: string }

async function makeDisk({ image, folder }: Place): Promise<Disk> {
  await mkdir(folder, { recursive: true })
  await writeFile(image, '')
  await truncate(image, diskBytes)
  await run('mkfs.ext4', ['-q', '-F', '-m', '0', image])
  const device = (await run('losetup', ['--find', '--show', image])).stdout.trim()
  const mount = async () => {
    await run('mount', ['-o', 'errors=remount-ro', device, folder])
    // Kafka takes every folder for that of a partition.
    await rm(join(folder, 'lost+found'), { recursive: true })
  }
  await mount()
  const filler = join(folder, 'filler')
  return {
    fill: () => fill(filler),
    free: () => rm(filler, { force: true }),
    turnReadOnly: () => writeFile(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, 'chaos'),
    async repair() {
      await until('nobody uses the disk', () => run('umount', [folder]).then(isSo, isNotSo))
      await run('e2fsck', ['-fy', device]).catch(refuseUnlessRepaired)
      await mount()
    },
  }
}

const isSo = () => true
const isNotSo = () => false

/** Its code is 1 when it has corrected something. */
function refuseUnlessRepaired(error: { code?: unknown }): void {
  if (error.code !== 1) throw error
}

/** To the last byte: what a broker appends needs room of its own. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'a')
  try {
    for (const bytes of chunkBytes) await writeWhilePossible(file, Buffer.alloc(bytes))
    await file.sync()
  } catch (error) {
    if (!isFull(error)) throw error
  } finally {
    await file.close()
  }
}

async function writeWhilePossible(file: Awaited<ReturnType<typeof open>>, chunk: Buffer): Promise<void> {
  try {
    for (;;) await file.write(chunk)
  } catch (error) {
    if (!isFull(error)) throw error
  }
}

const isFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOSPC'
