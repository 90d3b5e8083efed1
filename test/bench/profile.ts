import { once } from 'node:events'
import { request, WebSocket } from 'undici'
import { Refusal } from '../../services/cli/up/refusal.ts'
import { until } from '../support/until.ts'
import type { CpuProfile } from './hot-functions.ts'

/** Node's own port for the inspector of a process that got SIGUSR1. */
const inspectorUrl = 'http://127.0.0.1:9229/json/list'
const attachLimitMs = 5_000
const sampleUs = 1_000

/**
 * A CPU profile of another Node process while `work` runs, by its inspector: nothing but the work is in it, and the process
 * neither starts nor ends for it. Refuses when the inspector's port belongs to another process.
 */
export async function profileDuring(pid: number, work: () => Promise<unknown>): Promise<CpuProfile> {
  process.kill(pid, 'SIGUSR1')
  const inspector = await attach()
  try {
    const asked = { expression: 'process.pid', returnByValue: true }
    const { result } = await inspector.call<{ result: { value: number } }>('Runtime.evaluate', asked)
    if (result.value !== pid) throw new Refusal('Port 9229 is taken by the inspector of another process: end that one.')
    await inspector.call('Profiler.enable')
    await inspector.call('Profiler.setSamplingInterval', { interval: sampleUs })
    await inspector.call('Profiler.start')
    await work()
    return (await inspector.call<{ profile: CpuProfile }>('Profiler.stop')).profile
  } finally {
    inspector.close()
  }
}

type Inspector = { call<T>(method: string, params?: object): Promise<T>; close(): void }

async function attach(): Promise<Inspector> {
  const [target] = await until('the inspector of the producer answers', targets, attachLimitMs)
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '')
  await once(socket, 'open')
  const waiting = new Map<number, (result: unknown) => void>()
  let calls = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown }
    if (id !== undefined) waiting.get(id)?.(result)
  })
  return {
    call: <T>(method: string, params: object = {}) =>
      new Promise<T>((resolve) => {
        calls += 1
        waiting.set(calls, (result) => resolve(result as T))
        socket.send(JSON.stringify({ id: calls, method, params }))
      }),
    close: () => socket.close(),
  }
}

async function targets(): Promise<{ webSocketDebuggerUrl: string }[]> {
  return (await (await request(inspectorUrl)).body.json()) as { webSocketDebuggerUrl: string }[]
}
