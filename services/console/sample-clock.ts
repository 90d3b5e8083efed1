type Sample = { atMs: number; end: number }

/** One hour at the pace of the monitor; older samples only make an estimate a lower bound. */
const mostSamples = 720

/** When the end of one partition was seen where. Answers what a list of offsets cannot: how old an offset is. */
export type SampleClock = {
  add(end: number, atMs: number): void
  /** Latest moment at which the record at `offset` was not there yet, or the oldest sample; null when it is not there. */
  storedAfterMs(offset: number): number | null
  /** Records per second since the sample before the last one; null with fewer than two. */
  perSecond(): number | null
}

export function createSampleClock(): SampleClock {
  const samples: Sample[] = []
  return {
    add(end, atMs) {
      samples.push({ atMs, end })
      if (samples.length > mostSamples) samples.shift()
    },
    storedAfterMs(offset) {
      const last = samples.at(-1)
      const oldest = samples[0]
      if (last === undefined || oldest === undefined || last.end <= offset) return null
      const before = samples.findLast((sample) => sample.end <= offset)
      return before?.atMs ?? oldest.atMs
    },
    perSecond() {
      const [last, before] = [samples.at(-1), samples.at(-2)]
      if (last === undefined || before === undefined || last.atMs <= before.atMs) return null
      return (Math.max(0, last.end - before.end) * 1000) / (last.atMs - before.atMs)
    },
  }
}
