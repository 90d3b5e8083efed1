import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { Refused } from '../api/problem.ts'
import { useLayer } from './layers.ts'
import { ProblemBox } from './problem.tsx'

type Props = {
  title: string
  /** What it does, with counts, and what it does not. */
  children: ComponentChildren
  action: string
  isDestructive?: boolean
  /** Answers `stay` when there is more to show in its place. */
  run(): Promise<undefined | 'stay'>
  onClose: () => void
}

/** Asks before something that changes delivery. What went wrong stays in the box, with what was typed. */
export function Confirm({ title, children, action, isDestructive = false, run, onClose }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const isBusy = useSignal(false)
  const problem = useSignal<Refused | undefined>(undefined)
  useLayer(box, onClose)
  async function go(event: SubmitEvent) {
    event.preventDefault()
    isBusy.value = true
    try {
      if ((await run()) !== 'stay') onClose()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      problem.value = error
    }
    isBusy.value = false
  }
  return (
    <>
      <div class="scrim" onClick={onClose} aria-hidden="true" />
      <div class="ask" role="dialog" aria-modal="true" aria-labelledby="ask-title" ref={box}>
        <form onSubmit={go} class="stack-3">
          <h2 id="ask-title">{title}</h2>
          <div class="soft stack">{children}</div>
          {problem.value && <ProblemBox problem={problem.value} />}
          <div class="btns end">
            <button type="button" class="btn quiet" onClick={onClose}>
              Cancel
            </button>
            <button type="submit" class={isDestructive ? 'btn stop' : 'btn main'} disabled={isBusy.value}>
              {action}
            </button>
          </div>
        </form>
      </div>
    </>
  )
}
