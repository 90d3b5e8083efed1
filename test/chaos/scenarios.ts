import { backlogTakeover } from './scenarios/backlog-takeover.ts'
import { killAllConsumers } from './scenarios/kill-all-consumers.ts'
import { killAmidJobs } from './scenarios/kill-amid-jobs.ts'
import { poisonKey } from './scenarios/poison-key.ts'
import { receiverOutage } from './scenarios/receiver-outage.ts'
import type { Scenario } from './scenarios/scenario.ts'

/** Every scenario by name: faults that need a load or a measure of their own. */
export const scenarios = {
  'kill-all-consumers': {
    what: 'SIGKILL every consumer while an event waits for its next attempt; it is tried at its points all the same',
    run: killAllConsumers,
  },
  'kill-amid-jobs': {
    what: 'SIGKILL everything at once while one subscription is redriven and another one replayed; both jobs end',
    run: killAmidJobs,
  },
  'poison-key': {
    what: 'one key fails for the length of the run at 10/s; the others keep 95 % of the rate of a run without it',
    row: 'D5',
    run: poisonKey,
  },
  'receiver-outage': {
    what: 'a receiver answers 503 for the length of the run; nothing but probes goes to it, and everything after its return',
    row: 'D4',
    run: receiverOutage,
  },
  'backlog-takeover': {
    what: 'SIGKILL a consumer with --backlog events waiting in the retry topic',
    run: backlogTakeover,
  },
} as const satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof scenarios

export const isScenarioName = (name: string): name is ScenarioName => Object.hasOwn(scenarios, name)
