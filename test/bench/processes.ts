import { readFileSync } from 'node:fs'

/** What a process has taken so far: CPU seconds (user and system) and resident memory now. */
export type Usage = { cpuSeconds: number; residentBytes: number }

/** The tick that Linux shows user space, whatever the kernel's own is. */
const ticksPerSecond = 100
const bytesPerKb = 1_024

/** NaN for a process that is gone, and wherever there is no /proc. */
export function usageOf(pid: number): Usage {
  return {
    cpuSeconds: cpuSecondsIn(textOf(`/proc/${pid}/stat`)),
    residentBytes: residentBytesIn(textOf(`/proc/${pid}/status`)),
  }
}

/** Seconds that all processors together were busy since the machine started; NaN where there is no /proc. */
export function machineBusySeconds(): number {
  return busySecondsIn(textOf('/proc/stat'))
}

/** Fields 14 and 15 of /proc/<pid>/stat; the name before them is in brackets and may hold anything. */
export function cpuSecondsIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** VmRSS of /proc/<pid>/status. */
export function residentBytesIn(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * bytesPerKb
}

/** The first line of /proc/stat without idle and iowait; guest time is part of user time. */
export function busySecondsIn(stat: string): number {
  const [user, nice, system, , , irq, softirq, steal] = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(' ').map(Number)
  return (
    [user, nice, system, irq, softirq, steal].reduce<number>((sum, ticks) => sum + (ticks ?? Number.NaN), 0) /
    ticksPerSecond
  )
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
