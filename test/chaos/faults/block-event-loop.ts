import { until } from '../../support/until.ts'

/** Where Node listens when SIGUSR1 asks it to be inspected. */
const inspector = 'http://127.0.0.1:9229'

/**
 * Lets a Node process count time and do nothing else for `ms`, from inside: its own inspector is told to. Its sockets stay
 * open, its other threads go on, no timer fires. Rejects when another process on this machine is inspected already.
 */
export async function blockEventLoop(pid: number, ms: number): Promise<void> {
  process.kill(pid, 'SIGUSR1')
  const [target] = await until('the process can be inspected', async () => {
    const answer = await fetch(`${inspector}/json/list`)
    return (await answer.json()) as { webSocketDebuggerUrl: string }[]
  })
  if (target === undefined) throw new Error('nothing can be inspected')
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  try {
    await once(socket, 'open')
    const inspected = await evaluate(socket, 'process.pid')
    if (inspected !== pid) throw new Error(`process ${inspected} is inspected, not ${pid}`)
    await evaluate(socket, `for (const endMs = performance.now() + ${ms}; performance.now() < endMs; );`)
    // Answered before it closes: it would wait for us.
    await evaluate(socket, "void setTimeout(() => process.getBuiltinModule('node:inspector').close(), 100)")
  } finally {
    socket.close()
  }
}

async function evaluate(socket: WebSocket, expression: string): Promise<unknown> {
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }))
  const { data } = (await once(socket, 'message')) as MessageEvent
  const { result } = JSON.parse(String(data)) as { result: { result: { value?: unknown } } }
  return result.result.value
}

const once = (socket: WebSocket, name: 'open' | 'message'): Promise<Event> =>
  new Promise((resolve, reject) => {
    socket.addEventListener(name, resolve, { once: true })
    socket.addEventListener('error', () => reject(new Error('the inspector went away')), { once: true })
  })
