/** Why the launcher does not start or go on: one sentence for its user, no stack; exit code 1. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
