const pauseMs = 100

/** Asks again every 100 ms until the answer is true; rejects with the signal's reason when it aborts. A throw is a no. */
export async function waitFor(fact: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    if (await fact().catch(() => false)) return
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
