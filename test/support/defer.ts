import type { TestContext } from 'node:test'

type Close = () => unknown

const deferred = new WeakMap<TestContext, Close[]>()

/**
 * Closes something at the end of the test, in reverse order of opening (`t.after` alone runs in the order of the calls).
 * Everything is closed even if one close fails; the first failure fails the test.
 */
export function defer(t: TestContext, close: Close): void {
  const known = deferred.get(t)
  if (known !== undefined) {
    known.push(close)
    return
  }
  const closes = [close]
  deferred.set(t, closes)
  t.after(() => closeAll(closes))
}

/** For fixtures that want something with `after`. */
export const deferrer = (t: TestContext) => ({ after: (close: Close): void => defer(t, close) })

async function closeAll(closes: Close[]): Promise<void> {
  const failures: unknown[] = []
  for (let close = closes.pop(); close !== undefined; close = closes.pop()) {
    try {
      await close()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
