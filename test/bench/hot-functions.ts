/** The parts of a V8 CPU profile that are read. */
export type CpuProfile = {
  nodes: readonly { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  /** The node that ran at each sample, and the microseconds since the sample before. */
  samples: readonly number[]
  timeDeltas: readonly number[]
}

/** `share`: of the time that was not idle. `place`: file:line, or the library it belongs to. */
export type Hot = { name: string; place: string; share: number }

export type ProfileSummary = {
  /** Share of the time in which the thread did anything. */
  busy: number
  functions: Hot[]
  /** The same time by library; our own code by its first two folders. */
  libraries: { name: string; share: number }[]
}

const idle = '(idle)'

/** Where the time of a thread went: self time by function and by library, the largest first. */
export function summarize(profile: CpuProfile, limit: number): ProfileSummary {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const byFunction = new Map<string, Hot>()
  const byLibrary = new Map<string, number>()
  let [busyUs, allUs] = [0, 0]
  for (const [index, id] of profile.samples.entries()) {
    const us = profile.timeDeltas[index] ?? 0
    const frame = frames.get(id)
    allUs += us
    if (frame === undefined || frame.functionName === idle) continue
    busyUs += us
    const name = frame.functionName === '' ? '(anonymous)' : frame.functionName
    const place = placeOf(frame.url, frame.lineNumber)
    const known = byFunction.get(`${name} ${place}`) ?? { name, place, share: 0 }
    byFunction.set(`${name} ${place}`, { ...known, share: known.share + us })
    const library = libraryOf(frame.url, name)
    byLibrary.set(library, (byLibrary.get(library) ?? 0) + us)
  }
  const largest = <T extends { share: number }>(all: T[]) =>
    all
      .toSorted((a, b) => b.share - a.share)
      .slice(0, limit)
      .map((one) => ({ ...one, share: one.share / busyUs }))
  return {
    busy: busyUs / allUs,
    functions: largest([...byFunction.values()]),
    libraries: largest([...byLibrary].map(([name, share]) => ({ name, share }))),
  }
}

/** V8 counts lines from 0. */
function placeOf(url: string, lineNumber: number): string {
  return url === '' ? '' : `${pathOf(url)}:${lineNumber + 1}`
}

/** From the clone or from the innermost node_modules. */
function pathOf(url: string): string {
  return (url.split('/node_modules/').at(-1) ?? url).replace(/^.*\/((?:services|shared)\/)/, '$1')
}

function libraryOf(url: string, name: string): string {
  if (url === '') return name.startsWith('(') ? name : 'V8 and native'
  if (url.startsWith('node:')) return 'Node'
  return pathOf(url)
    .split('/')
    .slice(0, url.includes('/node_modules/') && !pathOf(url).startsWith('@') ? 1 : 2)
    .join('/')
}
