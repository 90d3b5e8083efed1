import type { JSX } from 'preact'

/** Drawings of 16 × 16, in the colour of the text around them, 1.5 px wide. */
const drawings = {
  overview: (
    <>
      <path d="M1.5 5.5h5v5h8M1.5 10.5h2M9.5 5.5h5" />
    </>
  ),
  events: (
    <>
      <path d="M3.5 2v12M3.5 4.5h4M3.5 11.5h4" />
      <rect x="8" y="2.5" width="6" height="4" />
      <rect x="8" y="9.5" width="6" height="4" />
    </>
  ),
  tail: (
    <>
      <path d="M1.5 4.5q2-2.5 4 0t4 0t4 0M1.5 9q2-2.5 4 0t4 0t4 0M1.5 13.5q2-2.5 4 0t4 0" />
    </>
  ),
  subs: (
    <>
      <path d="M3 2v12M13 2v12M3 4.5h10M3 7.5h10M1 14h14" />
    </>
  ),
  dead: (
    <>
      <path d="M1.5 9c2.5 0 2.5 4.5 6.5 4.5S12 9 14.5 9" />
      <path d="M6 2.5l4 4M10 2.5l-4 4" />
    </>
  ),
  consumers: (
    <>
      <rect x="2" y="2.5" width="12" height="11" />
      <path d="M2 6.200h12M2 9.800h12M6.5 2.5v11" />
    </>
  ),
  streams: (
    <>
      <path d="M2 4h12M2 8h12M2 12h12M5 2.5v3M10 6.5v3M7 10.5v3" />
    </>
  ),
  key: (
    <>
      <circle cx="5" cy="8" r="3" />
      <path d="M8 8h6.5M12 8v3" />
    </>
  ),
  audit: (
    <>
      <path d="M2 3.5h7M2 8h7M2 12.5h7M11.5 8l1.5 1.5L15 7" />
    </>
  ),
  settings: (
    <>
      <path d="M2 4.5h12M2 11.5h12M5 2.5v4M11 9.5v4" />
    </>
  ),
  search: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="M10.5 10.5L14 14" />
    </>
  ),
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" />
      <path d="M3 10.5H2.5v-8h8V3" />
    </>
  ),
  check: (
    <>
      <path d="M3 8.5l3.200 3L13 4.5" />
    </>
  ),
  x: (
    <>
      <path d="M4 4l8 8M12 4l-8 8" />
    </>
  ),
  plus: (
    <>
      <path d="M8 3v10M3 8h10" />
    </>
  ),
  down: (
    <>
      <path d="M4 6l4 4 4-4" />
    </>
  ),
  right: (
    <>
      <path d="M6 4l4 4-4 4" />
    </>
  ),
  up: (
    <>
      <path d="M4 10l4-4 4 4" />
    </>
  ),
  theme: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 2.5v11a5.5 5.5 0 0 0 0-11z" fill="currentColor" stroke="none" />
    </>
  ),
  help: (
    <>
      <path d="M5.5 5.800a2.5 2.5 0 1 1 3.4 2.3c-.6.3-.9.7-.9 1.4M8 12.5v.1" />
    </>
  ),
  pause: (
    <>
      <path d="M5.5 3v10M10.5 3v10" />
    </>
  ),
  play: (
    <>
      <path d="M4.5 2.800v10.4L13 8z" />
    </>
  ),
  ext: (
    <>
      <path d="M6.5 3.5H3v9.5h9.5V9.5M9 2.5h4.5V7M13 3L7.5 8.5" />
    </>
  ),
  dl: (
    <>
      <path d="M8 2v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11" />
    </>
  ),
  filter: (
    <>
      <path d="M2 4h12M4.5 8h7M6.5 12h3" />
    </>
  ),
  menu: (
    <>
      <path d="M2 4.5h12M2 8h12M2 11.5h12" />
    </>
  ),
  step: (
    <>
      <path d="M4 3v10l7-5zM13 3v10" />
    </>
  ),
  pin: (
    <>
      <path d="M5 2.5h6M6 2.5v5l-2 2.5h8L10 7.5v-5M8 10v4" />
    </>
  ),
  rotate: (
    <>
      <path d="M13.5 8a5.5 5.5 0 1 1-1.800-4.100M13.5 1.5v3h-3" />
    </>
  ),
  ok: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M5 8.3l2.200 2.100L11 6" />
    </>
  ),
  retry: (
    <>
      <path d="M13 8a5 5 0 1 1-1.6-3.7M13.5 1.800v3.200h-3.200" />
    </>
  ),
  dlq: (
    <>
      <rect x="2.5" y="2.5" width="11" height="11" />
      <path d="M5.5 5.5l5 5M10.5 5.5l-5 5" />
    </>
  ),
  failed: (
    <>
      <path d="M8 1.800L14.800 13.800H1.200z" />
      <path d="M8 6v4M8 11.800v.2" />
    </>
  ),
  filtered: (
    <>
      <circle cx="8" cy="8" r="6" stroke-dasharray="2.4 2.310" />
      <path d="M4.5 11.5l7-7" />
    </>
  ),
  waiting: (
    <>
      <path d="M3.5 2h9M3.5 14h9M4.5 2c0 5 7 7 7 12M11.5 2c0 5-7 7-7 12" />
    </>
  ),
  dedup: (
    <>
      <rect x="2" y="5" width="9" height="9" />
      <path d="M5 2.5h8.5V11" />
    </>
  ),
  paused: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M6.3 5.5v5M9.7 5.5v5" />
    </>
  ),
  log: (
    <>
      <path d="M2 4h12v8H2zM6 4v8M10 4v8" />
    </>
  ),
  gateup: (
    <>
      <path d="M2.5 2v12.5M13.5 2v12.5M1 2h14" />
      <path d="M5 3h6v3.5H5z" fill="currentColor" />
      <path d="M4 12q2-2 4 0t4 0" />
    </>
  ),
  gatemid: (
    <>
      <path d="M2.5 2v12.5M13.5 2v12.5M1 2h14M8 2v4" />
      <path d="M4.5 6.200h7V9.800h-7z" fill="currentColor" />
      <path d="M4.800 13.200h6.4" stroke-dasharray="1.5 2.5" />
    </>
  ),
  gatedown: (
    <>
      <path d="M2.5 2v12.5M13.5 2v12.5M1 2h14M8 2v6" />
      <path d="M4.5 8.5h7v5.7h-7z" fill="currentColor" />
    </>
  ),
} as const satisfies Record<string, JSX.Element>

export type IconName = keyof typeof drawings

/** One picture for all icons, and the two hatchings that mean "waiting". Stands once in the page. */
export function Sprite() {
  return (
    <svg class="sprite" aria-hidden="true">
      <defs>
        <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="hatch-b" width="6" height="6" />
          <path class="hatch-l" d="M1 0V6M4 0V6" />
        </pattern>
        <pattern id="hatchm" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path class="hatch-m" d="M1 0V6M4 0V6" />
        </pattern>
      </defs>
      {Object.entries(drawings).map(([name, drawing]) => (
        <symbol key={name} id={`i-${name}`} viewBox="0 0 16 16">
          {drawing}
        </symbol>
      ))}
    </svg>
  )
}
