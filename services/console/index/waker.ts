/** Lets somebody who rests go on before the time. */
export type Waker = { wake(): void; onWake: (() => void) | null; isDue: boolean }

export function createWaker(): Waker {
  const waker: Waker = {
    ...{ onWake: null, isDue: false },
    wake() {
      waker.isDue = true
      waker.onWake?.()
    },
  }
  return waker
}

/** Resolves after `ms`, or when it is woken; at once when it was woken since the last time. */
export async function sleepUntilWoken(waker: Waker, ms: number): Promise<void> {
  if (!waker.isDue) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      waker.onWake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
  waker.onWake = null
  waker.isDue = false
}
