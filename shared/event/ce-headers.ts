import type { FieldFault } from '#shared/errors.ts'
import type { Attributes } from './attributes.ts'
import { decodeHeaderValue } from './percent.ts'

/**
 * The CloudEvents attributes among the headers of a request (HTTP binding 1.0.2 §3.1.3), decoded. Faults: a header that
 * stands twice or that cannot be decoded.
 */
export function headerAttributes(rawHeaders: readonly string[]): { attributes: Attributes; faults: FieldFault[] } {
  const attributes = new Map<string, string>()
  const faults: FieldFault[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index] as string
    if (!isAttribute(header)) continue
    const name = header.slice(3).toLowerCase()
    const value = decodeHeaderValue(rawHeaders[index + 1] as string)
    if (attributes.has(name)) faults.push({ header: `ce-${name}`, ...twice })
    else if (value === undefined) faults.push({ header: `ce-${name}`, ...notAscii })
    else attributes.set(name, value)
  }
  return { attributes, faults }
}

const twice = { code: 'duplicate', detail: 'the header stands twice', fix: 'remove one' }
const notAscii = { code: 'not-ascii', detail: 'the value is not printable ASCII', fix: 'percent-encode it as UTF-8' }

function isAttribute(header: string): boolean {
  return (
    header.charCodeAt(2) === 0x2d && (header.charCodeAt(0) | 0x20) === 0x63 && (header.charCodeAt(1) | 0x20) === 0x65
  )
}
