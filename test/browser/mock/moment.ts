/** One made-up moment: search-index is held, mailer refuses events, ci-trigger is paused, the others flow. */
const startedMs = Date.now()

/** RFC 3339, `seconds` before the mock was started. */
export const ago = (seconds: number) => new Date(startedMs - seconds * 1000).toISOString()

type Made = {
  name: string
  phase: string
  rate: number
  lagEvents: number
  lagSeconds: number
  urls: string[]
  deadLetters: number
  ordering: string
  types: string[]
}

export const made: readonly Made[] = [
  {
    name: 'audit',
    phase: 'active',
    rate: 205,
    lagEvents: 61,
    lagSeconds: 0.3,
    urls: ['https://audit.internal:8443/'],
    deadLetters: 1,
    ordering: 'key',
    types: [],
  },
  {
    name: 'warehouse',
    phase: 'active',
    rate: 131,
    lagEvents: 26,
    lagSeconds: 0.2,
    urls: ['https://warehouse.internal/raw'],
    deadLetters: 0,
    ordering: 'partition',
    types: ['push', 'release.*'],
  },
  {
    name: 'billing',
    phase: 'active',
    rate: 41,
    lagEvents: 16,
    lagSeconds: 0.4,
    urls: ['https://billing-1.internal/hooks', 'https://billing-2.internal/hooks'],
    deadLetters: 3,
    ordering: 'key',
    types: ['workflow_run.*'],
  },
  {
    name: 'search-index',
    phase: 'held',
    rate: 0,
    lagEvents: 70_656,
    lagSeconds: 1_104,
    urls: ['https://search-a:7700/hooks', 'https://search-b:7700/hooks'],
    deadLetters: 0,
    ordering: 'key',
    types: ['push', 'pull_request.*', 'issues.*'],
  },
  {
    name: 'mailer',
    phase: 'active',
    rate: 12,
    lagEvents: 5,
    lagSeconds: 0.4,
    urls: ['https://mailer.internal/hooks'],
    deadLetters: 37,
    ordering: 'none',
    types: [],
  },
  {
    name: 'ci-trigger',
    phase: 'paused',
    rate: 0,
    lagEvents: 656_640,
    lagSeconds: 17_280,
    urls: ['https://ci.internal/trigger'],
    deadLetters: 0,
    ordering: 'key',
    types: [],
  },
]

export const partitions = [0, 1, 2, 3, 4, 5]
export const keysOfEvents = ['acme/checkout', 'acme/web', 'acme/infra', 'acme/docs', 'acme/mobile']
export const typesOfEvents = [
  'push',
  'workflow_run.completed',
  'pull_request.synchronize',
  'issues.labeled',
  'release.published',
]

/** The same for the same number, so that a page looks the same twice. */
export const pick = <T>(from: readonly T[], number: number): T => from[number % from.length] as T
export const eventId = (number: number) =>
  `01994c7e-5b1a-7c3e-9f42-${(0x6d0e8a51b7d3 + number).toString(16).padStart(12, '0')}`
