/** "pauseSubscription" → "pause subscription": an operation in words. */
export function wordsOfAction(action: string): string {
  return action.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** What a path is about: "/v1/subscriptions/billing/pause" → "subscriptions/billing". */
export function subjectOf(path: string): string {
  const [, , kind = '', name = ''] = path.split('/')
  return name === '' ? kind : `${kind}/${decodeURIComponent(name)}`
}
