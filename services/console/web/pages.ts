/**
 * The addresses of the screens: the first part of their path. The server answers each of them, and what stands below it,
 * with the same page, so that a pasted link leads there; every other path is honestly not found.
 */
export const pages = [
  ...['overview', 'events', 'tail', 'subscriptions', 'dead-letters', 'consumers', 'streams', 'jobs', 'keys', 'audit'],
  ...['settings', 'sign-in'],
] as const
