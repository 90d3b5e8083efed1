/*
 * The load of one scenario, in a process of its own so that its work is not on the account of anything else: takes its
 * options as the first message, says `measuring` and `measured` at the ends of the measured time, then `report`.
 */
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { closedLoop } from './closed-loop.ts'
import { openLoop } from './open-loop.ts'
import { countingNumbers, type RequestShape, requestTemplate } from './request-template.ts'
import { evenSchedule } from './schedule.ts'
import { createTally, type LoadReport } from './tally.ts'

export type LoadOptions = {
  shape: RequestShape
  connections: number
  /** Requests a second of an open loop; null for a closed one. */
  perSecond: number | null
  warmUpMs: number
  measuredMs: number
}

export type LoadMessage = { type: 'measuring' } | { type: 'measured' } | { type: 'report'; report: LoadReport }

process.once('disconnect', () => process.exit())
const [options] = (await once(process, 'message')) as [LoadOptions]
tell({ type: 'report', report: await run(options) })
process.disconnect()

async function run({ shape, connections, perSecond, warmUpMs, measuredMs }: LoadOptions): Promise<LoadReport> {
  const tally = createTally()
  const numbers = countingNumbers(Math.random)
  const [host = '', port] = shape.address.split(':')
  const newTemplate = () => requestTemplate(shape, numbers)
  const loopOptions = { host, port: Number(port), connections, newTemplate, tally }
  const startMs = performance.now()
  const loop =
    perSecond === null ? closedLoop(loopOptions) : openLoop(loopOptions, evenSchedule({ startMs, perSecond }))
  await pause(warmUpMs)
  tally.open(performance.now())
  tell({ type: 'measuring' })
  await pause(measuredMs)
  tally.close(performance.now())
  tell({ type: 'measured' })
  await loop.stop()
  return tally.report()
}

function tell(message: LoadMessage): void {
  process.send?.(message)
}
