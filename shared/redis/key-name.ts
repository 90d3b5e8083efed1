/** The name of a key in Redis: the prefix of topics and groups without its last dot, a colon, what the key is for. */
export const keyName = (prefix: string, purpose: string): string => `${prefix.replace(/\.$/, '')}:${purpose}`
