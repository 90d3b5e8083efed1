/** One message of an event stream (HTML standard, § 9.2). `id` is what a client comes back with as Last-Event-ID. */
export type Message = { event: string; data: object; id?: string }

/** JSON has no line break of its own, so one data line is enough. */
export function messageText({ event, data, id }: Message): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Nobody hears it; it keeps proxies from closing a quiet stream, and tells this side that the client is gone. */
export const comment = ':\n\n'

/** After how many milliseconds a client whose stream broke comes back. */
export const retryText = 'retry: 1000\n\n'
