import { hash } from 'node:crypto'

const characters = 22

/**
 * `evt_` and 22 characters (132 bits) of base64url(SHA-256(source LF id)): the same for every attempt, replay and duplicate
 * of an event, because CloudEvents makes source and id together unique.
 */
export function webhookIdOf(source: string, id: string): string {
  return `evt_${hash('sha256', `${source}\n${id}`, 'base64url').slice(0, characters)}`
}
