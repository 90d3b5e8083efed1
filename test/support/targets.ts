/** What was measured beside what is wanted: figures of one noisy machine, so a miss is shown and fails nothing. */
export function besideTarget(what: string, ms: number, targetMs: number): string {
  const seconds = (value: number) => `${(value / 1_000).toFixed(1)} s`
  return `${what}: ${seconds(ms)}, target ${seconds(targetMs)}${ms > targetMs ? ' MISSED' : ''}`
}
