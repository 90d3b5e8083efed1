import { readFileSync, writeFileSync } from 'node:fs'
import { errorTable } from '#shared/errors.ts'
import { type SettingName, secretSettings, settings } from '#shared/settings.ts'

const readme = new URL('../../README.md', import.meta.url)

/** Writes the tables of settings and of error codes into the README, each between its two marks. */
export function writeDocs(): void {
  writeFileSync(readme, withTables(readFileSync(readme, 'utf8')))
}

/** The text of a README with the tables as settings and errors are now. */
export function withTables(text: string): string {
  return withTable(withTable(text, 'settings', settingsTable()), 'errors', errorsTable())
}

function withTable(text: string, name: string, table: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [before, rest] = text.split(start)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`the README has no ${start} … ${end}`)
  return `${before}${start}\n${table}${end}${after}`
}

function settingsTable(): string {
  const rows = Object.entries(settings).map(([name, schema]) => {
    const value = Reflect.get(schema, 'default')
    const file = secretSettings.has(name as SettingName) ? ' (or `_FILE`)' : ''
    return `| \`${name}\`${file} | ${value === '' ? '–' : `\`${value}\``} | ${Reflect.get(schema, 'description')} |\n`
  })
  return `| setting | default | meaning |\n|---|---|---|\n${rows.join('')}`
}

function errorsTable(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { httpStatus, title, retryable, hint }]) =>
      `| \`${code}\` | ${httpStatus} | ${retryable ? 'yes' : 'no'} | ${title}. ${hint.replaceAll('<', '&lt;')} |\n`,
  )
  return `| code | status | again as it is | what it means |\n|---|---|---|---|\n${rows.join('')}`
}
