/** A request as a command line shows it. `body` is sent as JSON. */
export type CurlRequest = { method?: string; url: string; body?: unknown; headers?: Readonly<Record<string, string>> }

/**
 * The request as curl, one option a line. The key is read where it lies, so the text can be passed on without it:
 * `$(npx tailrace key)` prints the admin key of this installation.
 */
export function curlOf({ method = 'GET', url, body, headers = {} }: CurlRequest): string {
  const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}${quoted(url)}`]
  lines.push('-H "Authorization: Bearer $(npx tailrace key)"')
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`)
  if (body !== undefined) lines.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`)
  return lines.join(' \\\n  ')
}

/** In single quotes of a POSIX shell, where nothing is special but the quote itself. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
