import { Refused } from '../api/problem.ts'
import { tell } from './toasts.tsx'

/** Does something that has no place of its own for a refusal: a toast says what went wrong. False when it did. */
export async function tryTo(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    tell({ look: { icon: 'failed', tone: 'fail' }, title: error.body.title, text: error.body.detail })
    return false
  }
}
