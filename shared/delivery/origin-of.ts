/** Paths and queries of webhook URLs are often secrets. */
export const originOf = (url: string): string => (url.startsWith('kafka:') ? url : new URL(url).origin)
