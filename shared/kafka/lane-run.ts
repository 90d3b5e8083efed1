import { TailraceError } from '#shared/errors.ts'
import type { LaneEntry } from './lane-queue.ts'

/** Whether another record of its run was refused, so that this one must not be written. */
export const isCut = ({ run }: LaneEntry): boolean => run?.isCut === true

/** Rejects an entry and cuts its run: what still waits of it is not written either. */
export function rejectAndCut({ run, reject }: LaneEntry, error: TailraceError): void {
  if (run !== undefined) run.isCut = true
  reject(error)
}

/** Rejects the entries of cut runs with `batch-incomplete`; returns the others. */
export function withoutCut(entries: LaneEntry[]): LaneEntry[] {
  if (!entries.some(isCut)) return entries
  for (const entry of entries.filter(isCut)) entry.reject(cutError())
  return entries.filter((entry) => !isCut(entry))
}

/** What the records of a cut run are refused with. */
export const cutError = (): TailraceError =>
  new TailraceError('batch-incomplete', 'Another event of this request for the same partition is not stored.')
