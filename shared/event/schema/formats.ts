import type { Ajv2020 } from 'ajv/dist/2020.js'
import { type FormatName, fullFormats } from 'ajv-formats/dist/formats.js'

/** The formats of draft 2020-12 that ajv-formats knows. `url` and the others of OpenAPI are not among them: its time is quadratic. */
export const formatNames = [
  ...(['date', 'time', 'date-time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uri-reference'] as const),
  ...(['uri-template', 'uuid', 'json-pointer', 'relative-json-pointer', 'regex'] as const),
] satisfies FormatName[]

/** Nothing of a format is longer; so an expression that backtracks stays harmless. */
export const longestFormatted = 4_096

/** Teaches a validator the formats; a longer text is of no format. */
export function addFormats(ajv: Ajv2020): void {
  for (const name of formatNames) {
    const isFormat = validatorOf(fullFormats[name])
    ajv.addFormat(name, { type: 'string', validate: (text) => text.length <= longestFormatted && isFormat(text) })
  }
}

function validatorOf(format: (typeof fullFormats)[FormatName]): (text: string) => boolean {
  if (format instanceof RegExp) return (text) => format.test(text)
  if (typeof format === 'function') return (text) => format(text)
  const { validate } = format as { validate: RegExp | ((text: string) => boolean) }
  return validate instanceof RegExp ? (text) => validate.test(text) : validate
}
