/** The parts of a V8 CPU profile that are read. */
export type CpuProfile = {
  nodes: readonly { id: number; callFrame: Frame; children?: readonly number[] }[]
  /** The node that ran at each sample, and the microseconds since the sample before. */
  samples: readonly number[]
  timeDeltas: readonly number[]
}

type Frame = { functionName: string; url: string; lineNumber: number }

/** `share`: of the time that was not idle. `place`: file:line; empty for a function of V8 or Node that has no source. */
export type Hot = { name: string; place: string; share: number }

export type ProfileSummary = {
  /** Share of the time in which the thread did anything. */
  busy: number
  functions: Hot[]
  /** The same time by who asked for it: the library, or folder of ours, that called into Node or V8. */
  owners: { name: string; share: number }[]
}

const idle = '(idle)'

/** Where the time of a thread went: self time by function and by owner, the largest first. */
export function summarize(profile: CpuProfile, limit: number): ProfileSummary {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const ownerOf = owners(profile, frames)
  const [byFunction, byOwner] = [new Map<string, Hot>(), new Map<string, Hot>()]
  let [busyUs, allUs] = [0, 0]
  for (const [index, id] of profile.samples.entries()) {
    const us = profile.timeDeltas[index] ?? 0
    const frame = frames.get(id)
    allUs += us
    if (frame === undefined || frame.functionName === idle) continue
    busyUs += us
    add(byFunction, { name: frame.functionName || '(anonymous)', place: placeOf(frame), share: us })
    add(byOwner, { name: ownerOf(id), place: '', share: us })
  }
  const largest = (all: Map<string, Hot>) =>
    [...all.values()]
      .toSorted((a, b) => b.share - a.share)
      .slice(0, limit)
      .map((one) => ({ ...one, share: one.share / busyUs }))
  return {
    busy: busyUs / allUs,
    functions: largest(byFunction),
    owners: largest(byOwner).map(({ name, share }) => ({ name, share })),
  }
}

function add(all: Map<string, Hot>, { name, place, share }: Hot): void {
  const known = all.get(`${name} ${place}`)
  all.set(`${name} ${place}`, { name, place, share: (known?.share ?? 0) + share })
}

/** Walks up from a node to the first caller that is neither Node nor V8. */
function owners({ nodes }: CpuProfile, frames: ReadonlyMap<number, Frame>): (id: number) => string {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const find = (id: number): string => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const url = frames.get(at)?.url ?? ''
      if (url !== '' && !url.startsWith('node:')) return libraryOf(url)
    }
    const name = frames.get(id)?.functionName ?? ''
    return name.startsWith('(') ? name : 'Node itself'
  }
  return find
}

/** V8 counts lines from 0. */
function placeOf({ url, lineNumber }: Frame): string {
  return url === '' ? '' : `${pathOf(url)}:${lineNumber + 1}`
}

/** From the clone or from the innermost node_modules. */
function pathOf(url: string): string {
  return (url.split('/node_modules/').at(-1) ?? url).replace(/^.*\/((?:services|shared)\/)/, '$1')
}

function libraryOf(url: string): string {
  const path = pathOf(url)
  const parts = url.includes('/node_modules/') && !path.startsWith('@') ? 1 : 2
  return path.split('/').slice(0, parts).join('/')
}
