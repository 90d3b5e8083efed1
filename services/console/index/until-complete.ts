import { setTimeout as sleep } from 'node:timers/promises'

const everyMs = 40

/** Asks again and again until it is so; false when that took longer than `timeoutMs`. */
export async function until(isSo: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const endMs = performance.now() + timeoutMs
  for (;;) {
    if (await isSo()) return true
    if (performance.now() + everyMs > endMs) return false
    await sleep(everyMs)
  }
}
