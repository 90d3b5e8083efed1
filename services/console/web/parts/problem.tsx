import type { Refused } from '../api/problem.ts'
import { Icon } from './icon.tsx'

/** What the API refused, where its answer would stand: title, detail, code, and a button if trying again can help. */
export function ProblemBox({ problem, retry }: { problem: Refused; retry?: () => void }) {
  const { title, detail, code, retryable, errors = [], hint } = problem.body
  return (
    <div class="empty refusal" role="alert">
      <h2 class="st fail">
        <Icon name="failed" />
        {title}
      </h2>
      <p>
        {detail} {hint}
      </p>
      {errors.length > 0 && (
        <ul>
          {errors.map((fault) => (
            <li key={`${fault.pointer}${fault.code}`}>
              <code>{fault.pointer ?? fault.query}</code> {fault.detail} {fault.fix}
            </li>
          ))}
        </ul>
      )}
      <div class="row">
        <code class="muted">{code}</code>
        {retryable && retry && (
          <button type="button" class="btn sm" onClick={retry}>
            Try again
          </button>
        )}
      </div>
    </div>
  )
}
