import { paths } from '../router/paths.ts'

/** The mark: water that leaves the race. */
export function Brand() {
  return (
    <a class="brand" href={paths.overview} aria-label="Tailrace, overview">
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M2.5 5.5H21.5M9.5 5.5V13.5a5 5 0 0 0 5 5H21.5" />
      </svg>
      <span>tailrace</span>
    </a>
  )
}
