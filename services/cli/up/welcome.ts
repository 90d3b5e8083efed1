import { styleText } from 'node:util'
import { type RunFolder, shown } from '../folders.ts'
import { keysOf, signInLink } from '../login.ts'
import { addressesOf } from './environment.ts'
import type { Ports } from './ports.ts'

/** The last words of a start: where everything is, what to type next, how to stop. */
export function welcome(folder: RunFolder, ports: Ports, seconds: number): string {
  const { publishUrl, consoleUrl, demoReceiverUrl } = addressesOf(ports)
  const rows = [
    ['publish', publishUrl],
    ['console', consoleUrl],
    ['demo receiver', `${demoReceiverUrl}  (shows every event it is sent)`],
    ['admin key', shown(folder.adminKey)],
    ['logs', shown(folder.log)],
  ]
  return [
    '',
    styleText('bold', `Tailrace is ready after ${seconds.toFixed(1)} s.`),
    '',
    ...rows.map(([name = '', value = '']) => `  ${name.padEnd(14)} ${value}`),
    '',
    'Sign in to the console with this link, once and within 15 minutes (another one: npx tailrace login):',
    '',
    `  ${signInLink(consoleUrl, keysOf(folder))}`,
    '',
    'Publish an event:',
    '',
    `  ${curlLine(folder, publishUrl)}`,
    '',
    'Ctrl-C stops everything; the data stays.',
    '',
  ].join('\n')
}

/** One line to paste: `-i` shows the 202. */
function curlLine(folder: RunFolder, publishUrl: string): string {
  const key = `Authorization: Bearer $(cat ${quoted(shown(folder.adminKey))})`
  const body = `-H 'Content-Type: application/json' -d '{"hello":"world"}'`
  return `curl -i ${publishUrl}/v1/streams/demo/events -H "${key}" ${body}`
}

const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path}'`)
