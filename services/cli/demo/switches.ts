/** How the receiver misbehaves, so that one can watch what Tailrace does about it. */
export type Switches = {
  /** Answers 500. */
  fail: boolean
  /** Answers after 5 s. */
  slow: boolean
  /** Cuts the connection without an answer. */
  refuse: boolean
  /** Answers 500 to one request in this many; 0 = never. */
  failOneIn: number
  /** Cuts every connection of the receiver of demo-search. */
  searchDown: boolean
}

export const wellBehaved: Switches = { fail: false, slow: false, refuse: false, failOneIn: 0, searchDown: false }

/** The switches after a change; undefined when the change names or sets something that is none of them. */
export function changed(switches: Switches, change: unknown): Switches | undefined {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return undefined
  const isGood = ([name, value]: [string, unknown]) =>
    name === 'failOneIn'
      ? Number.isSafeInteger(value) && Number(value) >= 0
      : name in wellBehaved && typeof value === 'boolean'
  return Object.entries(change).every(isGood) ? { ...switches, ...change } : undefined
}
