import type { Ports } from '../../services/cli/up/ports.ts'
import type { StandIns } from './stand-ins.ts'

/** Where a stack will be, before anything of it is there. */
export type Site = { dir: string; portOffset: number; ports: Ports }

/** The settings of one broker, `a.b` → value. */
export type BrokerSettings = Readonly<Record<string, string>>

/** How a stack must be started. Settings of brokers are by their ids, 1 to 3. */
export type StartWith = {
  env?: Readonly<Record<string, string>>
  flags?: readonly string[]
  brokers?: Readonly<Record<number, BrokerSettings>>
  programs?: StandIns
}

/** One preparation of one stack. */
export type Part<Handle> = {
  /** What faults get. */
  handle: Handle
  start: StartWith
  /** Called when the stack has ended; its folder is still there. */
  stop(): Promise<void>
}

/** What must be there before a stack starts, and other settings to start it with, so that some fault can happen. */
export type Preparation<Handle> = {
  /** Why this machine cannot do it; false where it can. */
  missing(): string | false
  prepare(site: Site): Promise<Part<Handle>>
}
