import { messageOf } from '#shared/errors.ts'
import type { Subscription } from './model.ts'
import type { CatalogView } from './view.ts'

/** The reason of a failed subscription whose secrets this process cannot use. */
export const secretsUnreadable = 'secrets-unreadable'

/**
 * Why nothing may be sent for this subscription here, in words; null when everything that signs and authenticates it can be
 * read. An event that goes out unsigned, or without its credentials, is worse than one that waits.
 */
export function secretsFault(
  { signingSecrets, access }: Pick<CatalogView, 'signingSecrets' | 'access'>,
  subscription: Pick<Subscription, 'uid' | 'destination'>,
): string | null {
  if (signingSecrets(subscription.uid).length === 0) return 'it has no signing secret that the master key here opens'
  try {
    access(subscription)
    return null
  } catch (error) {
    return messageOf(error)
  }
}
