import type { ProbeLease, TargetHints } from '#shared/redis/target-hints.ts'

/** Hints without Redis: `said` is what was told the others; what they say is said through `hear`. */
export function fakeHints(lease: () => ProbeLease = () => 'alone') {
  const said: string[] = []
  const listeners = new Map<string, Parameters<TargetHints['watch']>[1]>()
  const hints: TargetHints = {
    down: () => said.push('down'),
    up: () => said.push('up'),
    watch: (id, listener) => {
      listeners.set(id, listener)
      return {
        lease: async () => lease(),
        rest: (ms) => void said.push(`rest ${ms}`),
        end: () => void listeners.delete(id),
      }
    },
    close: () => {},
  }
  const hear = (word: 'down' | 'up') => {
    for (const listener of listeners.values()) listener[word]()
  }
  return { hints, hear, taken: () => said.splice(0), watched: () => listeners.size }
}
