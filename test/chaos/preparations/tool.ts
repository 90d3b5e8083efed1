import { spawnSync } from 'node:child_process'
import type { Preparation } from '../preparation.ts'

/** Nothing to prepare: a fault takes this program, which must be there. `args` make it answer and end. */
export const tool = (program: string, args: readonly string[]): Preparation<null> => ({
  missing: () => (spawnSync(program, args).status === 0 ? false : `it takes ${program}`),
  prepare: async () => ({ handle: null, start: {}, stop: async () => {} }),
})
