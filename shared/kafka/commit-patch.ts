import { patchable } from './patched-client.ts'

/** What the patch uses of kafkajs/src/consumer/runner. */
export type Runner = {
  readonly running: boolean
  /** Its offset manager is made anew with each generation of the group, and commits under that one only. */
  readonly consumerGroup: { readonly offsetManager: { commitOffsets(offsets: unknown): Promise<void> } }
  commitOffsets(offsets: unknown): Promise<void>
}

/**
 * kafkajs repeats a commit that had no answer, under whatever generation it has joined meanwhile: that of a process which
 * was frozen lands over what its successor has committed since, which then repeats all of it. Here a commit is made once,
 * under the generation that it was asked for in, and fails otherwise; who asked makes a newer one. False, and nothing
 * changed, for an unknown version.
 */
export function patchCommits(): boolean {
  const prototype = patchable<{ prototype: Runner }>('consumer/runner')?.prototype
  if (prototype === undefined) return false
  prototype.commitOffsets = async function commitOnce(this: Runner, offsets) {
    if (this.running) await this.consumerGroup.offsetManager.commitOffsets(offsets)
  }
  return true
}
