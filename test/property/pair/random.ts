/** A source of random choices that a run can be repeated from by its number alone. */
export type Random = {
  happens(chance: number): boolean
  /** An integer in [0, count). */
  below(count: number): number
  oneOf<T>(choices: readonly [T, ...T[]]): T
}

/** mulberry32: small, fast, and good enough to shuffle steps. */
export function seeded(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number): number => Math.floor(next() * count)
  return {
    happens: (chance) => next() < chance,
    below,
    oneOf: (choices) => choices[below(choices.length)] ?? choices[0],
  }
}
