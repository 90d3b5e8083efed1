/** Where the demo receiver takes webhooks; the rest of its paths belong to its page. */
export const inboxPath = '/inbox'
