import type { Fault } from './fault.ts'
import { jumpClock } from './jump-clock.ts'

const hour = 3_600
const jumpedMs = 10_000

/** The wall clocks of all processes of ours jump and jump back; nothing counts by them. */
export const clockFaults = {
  'clock-forward': {
    what: 'the clocks of all services are an hour ahead for 10 s',
    row: 'S6',
    takeovers: 0,
    needs: ['clock'],
    leastSeconds: 30,
    inject: (scene) => jumpClock(scene, { name: 'clock-forward', seconds: hour, ms: jumpedMs }),
  },
  'clock-backward': {
    what: 'the clocks of all services are an hour behind for 10 s',
    row: 'S6',
    takeovers: 0,
    needs: ['clock'],
    leastSeconds: 30,
    inject: (scene) => jumpClock(scene, { name: 'clock-backward', seconds: -hour, ms: jumpedMs }),
  },
} as const satisfies Record<string, Fault>
