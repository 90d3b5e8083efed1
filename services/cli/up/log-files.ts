import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type LogFiles = {
  /** The descriptor for a process's output; the same one for every process of that name. */
  open(name: string): number
  path(name: string): string
  close(): void
}

const largestBytes = 64 * 1024 * 1024
const checkMs = 5_000

/**
 * `<folder>/<name>.log`, one per process name, appended to. The processes write straight into the files, so nothing is
 * lost when the launcher dies; a file that has grown past 64 MiB is copied to `<name>.log.1` and emptied in place.
 */
export function openLogFiles(folder: string): LogFiles {
  const descriptors = new Map<string, number>()
  const path = (name: string) => join(folder, `${name}.log`)
  const timer = setInterval(() => {
    for (const [name, descriptor] of descriptors) rotate(descriptor, path(name))
  }, checkMs)
  timer.unref()
  return {
    path,
    open(name) {
      const descriptor = descriptors.get(name) ?? openSync(path(name), 'a', 0o600)
      descriptors.set(name, descriptor)
      return descriptor
    },
    close() {
      clearInterval(timer)
      for (const descriptor of descriptors.values()) closeSync(descriptor)
      descriptors.clear()
    },
  }
}

function rotate(descriptor: number, path: string): void {
  if (fstatSync(descriptor).size < largestBytes) return
  copyFileSync(path, `${path}.1`)
  ftruncateSync(descriptor)
}

/** The end of a log file, for a user whose start failed. */
export function lastLines(path: string, count: number): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
}
