import { formatAddress } from './address.ts'

/** Addresses of the screens; everything that links to one takes it from here. */
export const paths = {
  overview: '/',
  events: '/events',
  tail: '/tail',
  subscriptions: '/subscriptions',
  newSubscription: '/subscriptions/new',
  deadLetters: '/dead-letters',
  consumers: '/consumers',
  streams: '/streams',
  keys: '/keys',
  audit: '/audit',
} as const

export const journeyPath = (id: string) => `/events/${encodeURIComponent(id)}`
export const subscriptionPath = (name: string) => `/subscriptions/${encodeURIComponent(name)}`
export const editSubscriptionPath = (name: string) => `${subscriptionPath(name)}/edit`
export const streamPath = (name: string, query: Record<string, string> = {}) =>
  formatAddress({ path: `/streams/${encodeURIComponent(name)}`, query })
export const jobPath = (id: string) => formatAddress({ path: paths.deadLetters, query: { job: id } })
export const listPath = (path: string, query: Record<string, string>) => formatAddress({ path, query })
