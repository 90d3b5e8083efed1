import type { Schedule } from './schedule.ts'
import { type Loop, type LoopOptions, openWires, settleWires, type Wire } from './wires.ts'

/**
 * Sends at the times of the schedule, on any free connection; when none is free the request waits for one. Latency
 * counts from the intended time, so a pause of the producer counts for every request that it delays. Node's timers are
 * up to 1 ms late, which is part of every figure.
 */
export function openLoop(options: LoopOptions, schedule: Schedule): Loop {
  const wires = openWires(options)
  const free = [...wires]
  const waiting: { atMs: number }[] = []
  const underWay = new Set<{ atMs: number }>()
  let timer: NodeJS.Timeout | undefined
  const send = (wire: Wire, request: { atMs: number }): void =>
    wire.connection.send(wire.template.next(), (answer) => {
      if (!underWay.delete(request)) return
      options.tally.record({ ...request, latencyMs: performance.now() - request.atMs, answer })
      free.push(wire)
      sendWaiting()
    })
  const sendWaiting = (): void => {
    for (let wire = free.at(-1), next = waiting[0]; wire && next; wire = free.at(-1), next = waiting[0]) {
      free.pop()
      waiting.shift()
      send(wire, next)
    }
  }
  const tick = (): void => {
    const due = schedule.takeDue(performance.now()).map((atMs) => ({ atMs }))
    waiting.push(...due)
    for (const request of due) underWay.add(request)
    sendWaiting()
    timer = setTimeout(tick, schedule.waitMs(performance.now()))
  }
  tick()
  return {
    stop() {
      clearTimeout(timer)
      return settleWires(wires, underWay, options.tally)
    },
  }
}
