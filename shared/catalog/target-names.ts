import type { Destination, Target } from './model.ts'

/** What a destination delivers to: its targets; a topic is one target, `kafka:<topic>`. */
export function targetsOf({ kind, topic, targets }: Destination): Target[] {
  return kind === 'kafka' ? [{ url: `kafka:${topic}`, weight: 1, backup: false, healthPath: null }] : targets
}

/** What the targets of a subscription are called wherever they are shown. */
export function targetNames({ destination }: { destination: Destination }): string[] {
  return targetsOf(destination).map(({ url }) => url)
}
