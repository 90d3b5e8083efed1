import { randomBytes } from 'node:crypto'

/**
 * A token names one epoch of one pair: random, with the operator's position that it began under, so that a commit says
 * whether that position was gone to. Reloads add `.<number>`; nothing in it is a `;`, which ends it in the metadata.
 */
export function newToken(positionId: string | undefined): string {
  return `${randomBytes(9).toString('base64url')}~${positionId ?? ''}`
}

/** Whether the epoch of `token` began under the position `id`. */
export function isOfPosition(token: string, id: string): boolean {
  return token.split('.')[0]?.split('~')[1] === id
}
