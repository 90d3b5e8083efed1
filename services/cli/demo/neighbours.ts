/** The receivers that `--demo` adds beside the one of demo-inbox, in the same process: their paths, and what is wrong with them. */
export const neighbours = {
  /** Down for 20 s of every two minutes, from the first seconds on: its subscription is held and then drained. */
  search: {
    path: '/search',
    subscription: 'demo-search',
    description: 'down for 20 s of every two minutes',
    types: null,
  },
  /** Wants few types, and cannot do anything with one event in some three hundred: that one is a dead letter. */
  mailer: {
    path: '/mailer',
    subscription: 'demo-mailer',
    description: 'refuses rules that were deleted: look at its dead letters',
    types: ['github.branch_protection_rule', 'github.issues', 'github.release'],
  },
} as const

/** What the mailer answers to an event. */
export function mailerAnswer(type: string | null, body: string): { status: number; body: object } {
  const isDeletedRule = type === 'github.branch_protection_rule' && /"action":\s*"deleted"/.test(body)
  return isDeletedRule
    ? { status: 422, body: { error: 'there is no mail template for a rule that was deleted' } }
    : { status: 200, body: {} }
}
