import { globSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Part, Preparation, Site } from '../preparation.ts'

/** Sets the wall clock of every process of ours so many seconds ahead of the true one; below 0: behind it. */
export type MovableClock = { set(seconds: number): Promise<void> }

/** Where Debian, Ubuntu, Fedora and Alpine put it. The one for programs with threads. */
const places = ['/usr/lib/*/faketime', '/usr/lib64/faketime', '/usr/lib/faketime', '/usr/local/lib/faketime']
const library = (): string | undefined => globSync(places.map((place) => `${place}/libfaketimeMT.so.1`))[0]

/** The wall clock of every Node process of a stack can jump; monotonic clocks, brokers and Redis keep the true time. */
export const movableClock: Preparation<MovableClock> = {
  missing: () => (library() === undefined ? 'it takes libfaketime (a package of this name)' : false),
  async prepare({ dir }: Site): Promise<Part<MovableClock>> {
    const file = join(dir, 'clock')
    const set = async (seconds: number) => {
      // Whoever reads it meanwhile reads all of it.
      await writeFile(`${file}.next`, `${seconds < 0 ? '' : '+'}${seconds}\n`)
      await rename(`${file}.next`, file)
    }
    await set(0)
    const env = {
      LD_PRELOAD: library() ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_ONLY_CMDS: 'node',
    }
    // Redis hangs as soon as it is loaded: jemalloc asks for the time before the library can say it.
    const programs = { 'redis-server': { without: ['LD_PRELOAD'] } }
    return { handle: { set }, start: { env, programs }, stop: async () => {} }
  },
}
