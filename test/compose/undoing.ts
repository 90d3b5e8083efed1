import type { Undo } from '../support/stack.ts'

/** What was done to containers and is not undone yet. */
export type Undoing = {
  /** Makes what a deed returns undo it once, however often it is called. */
  of(deed: (name: string) => Promise<Undo>): (name: string) => Promise<Undo>
  /** Undoes all that is left. */
  undoAll(): Promise<void>
}

/** `settle` runs after each undoing, with the name of the container, and belongs to it. */
export function createUndoing(settle: (name: string) => Promise<void>): Undoing {
  const left = new Set<Undo>()
  return {
    of: (deed) => async (name) => {
      const undoDeed = await deed(name)
      let undoing: Promise<void> | undefined
      const undoOnce = async () => {
        await undoDeed()
        await settle(name)
        left.delete(undo)
      }
      const undo = () => {
        undoing ??= undoOnce()
        return undoing
      }
      left.add(undo)
      return undo
    },
    undoAll: async () => void (await Promise.all([...left].map((undo) => undo()))),
  }
}
