import { type Loop, type LoopOptions, openWires, settleWires, type Wire } from './wires.ts'

/** Every connection sends its next request when the last one was answered. */
export function closedLoop(options: LoopOptions): Loop {
  const wires = openWires(options)
  const underWay = new Set<{ atMs: number }>()
  let isStopped = false
  const send = (wire: Wire): void => {
    const request = { atMs: performance.now() }
    underWay.add(request)
    wire.connection.send(wire.template.next(), (answer) => {
      if (!underWay.delete(request)) return
      const atMs = performance.now()
      options.tally.record({ atMs, latencyMs: atMs - request.atMs, answer })
      if (!isStopped) send(wire)
    })
  }
  for (const wire of wires) send(wire)
  return {
    stop() {
      isStopped = true
      return settleWires(wires, underWay, options.tally)
    },
  }
}
