import type { SubscriptionDefinition } from '#shared/catalog/create-subscription.ts'
import type { FieldFault } from '#shared/errors.ts'
import { escapePointer } from './body.ts'

/** What is wrong with the targets as a whole, with their health paths and with `onStatus`; each URL is checked by itself. */
export function targetFaults({
  destination,
  delivery,
}: Pick<SubscriptionDefinition, 'destination' | 'delivery'>): FieldFault[] {
  return [
    ...repeatedFaults(destination.targets),
    ...destination.targets.flatMap(({ url, healthPath }, index) => healthPathFaults(url, healthPath, index)),
    ...(destination.balance === 'compare' ? compareFaults(destination.targets) : []),
    ...Object.keys(delivery.onStatus).flatMap(onStatusFaults),
  ]
}

type Targets = SubscriptionDefinition['destination']['targets']

function repeatedFaults(targets: Targets): FieldFault[] {
  const urls = targets.map(({ url }) => (URL.canParse(url) ? new URL(url).href : url))
  return urls.flatMap((url, index) => {
    const first = urls.indexOf(url)
    if (first === index) return []
    const detail = `target ${index} has the URL of target ${first}`
    const fix = 'leave it out; to give a target more, raise its weight'
    return [{ pointer: `/destination/targets/${index}/url`, code: 'repeated', detail, fix }]
  })
}

function healthPathFaults(url: string, path: string | null, index: number): FieldFault[] {
  if (path === null || !URL.canParse(url)) return []
  const isPath = /^\/(?![/\\])[^\s\p{Cc}#\\]*$/u.test(path) && URL.canParse(path, url)
  if (isPath && new URL(path, url).origin === new URL(url).origin) return []
  const detail = 'healthPath is no path on the host of the target'
  const pointer = `/destination/targets/${index}/healthPath`
  return [{ pointer, code: 'wrong-form', detail, fix: 'use a path such as /healthz, without host and fragment' }]
}

function compareFaults(targets: Targets): FieldFault[] {
  if (targets.length !== 2) {
    const detail = `compare needs exactly two targets, the first of which counts; there are ${targets.length}`
    return [{ pointer: '/destination/targets', code: 'not-allowed', detail, fix: 'give two, or another balance' }]
  }
  return targets.flatMap(({ backup }, index) => {
    const detail = 'with compare both targets get every event, so none is a backup'
    const pointer = `/destination/targets/${index}/backup`
    return backup ? [{ pointer, code: 'not-allowed', detail, fix: 'leave backup out' }] : []
  })
}

function onStatusFaults(status: string): FieldFault[] {
  if (/^[2-5](\d\d|xx)$/.test(status)) return []
  const shown = status.length > 64 ? `${status.slice(0, 64)}…` : status
  const detail = `"${shown}" is neither a status from 200 to 599 nor a class from 2xx to 5xx`
  const pointer = `/delivery/onStatus/${escapePointer(shown)}`
  return [{ pointer, code: 'wrong-form', detail, fix: 'use a status such as "409" or a class such as "4xx"' }]
}
