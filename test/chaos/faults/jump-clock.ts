import { request } from 'undici'
import type { Stack } from '../../support/stack.ts'
import { until } from '../../support/until.ts'
import { given, rest, type Scene } from './fault.ts'

type Jump = { name: string; seconds: number; ms: number }

const foreign: readonly string[] = ['kafka', 'redis']
/** A date in a header has whole seconds, and is some way old when it is read. */
const toleranceSeconds = 5

/** All clocks jump by so many seconds, stay there for `ms`, and jump back. */
export async function jumpClock(scene: Scene, { name, seconds, ms }: Jump): Promise<void> {
  const { stack, experiment } = scene
  const clock = given(scene, 'clock')
  const victims = (await stack.processes()).filter(({ service }) => !foreign.includes(service))
  const set = async (offset: number) => {
    await clock.set(offset)
    await until(`every clock is off by ${offset} s`, () => areAllOff(stack, offset))
  }
  // Signatures name a wrong time now, which is all that may be wrong with them.
  for (const { receiver } of experiment.courses) await receiver.takeAnyTime()
  experiment.mark(name, victims.map((victim) => victim.name).join(' '))
  try {
    await set(seconds)
    await rest(scene, ms)
  } finally {
    await set(0)
  }
  experiment.markUndone()
}

async function areAllOff(stack: Stack, seconds: number): Promise<boolean> {
  const admins = (await stack.processes()).flatMap(({ adminUrl }) => adminUrl ?? [])
  const offsets = await Promise.all(admins.map(offsetOf))
  return offsets.every((offset) => Math.abs(offset - seconds) <= toleranceSeconds)
}

/** How many seconds a process is ahead, by the date of an answer. */
async function offsetOf(adminUrl: string): Promise<number> {
  const { headers, body } = await request(`${adminUrl}/readyz`)
  await body.dump()
  return (Date.parse(String(headers.date)) - Date.now()) / 1000
}
