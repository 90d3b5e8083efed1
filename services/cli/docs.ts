import { readFileSync, writeFileSync } from 'node:fs'
import { type SettingName, secretSettings, settings } from '#shared/settings.ts'

const readme = new URL('../../README.md', import.meta.url)
const [start, end] = ['<!-- settings -->', '<!-- /settings -->']

/** Writes the table of settings into the README, between its two marks. */
export function writeDocs(): void {
  writeFileSync(readme, withTable(readFileSync(readme, 'utf8')))
}

/** The text of a README with the table as the settings are now. */
export function withTable(text: string): string {
  const [before, rest] = text.split(start)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`the README has no ${start} … ${end}`)
  return `${before}${start}\n${settingsTable()}${end}${after}`
}

function settingsTable(): string {
  const rows = Object.entries(settings).map(([name, schema]) => {
    const value = Reflect.get(schema, 'default')
    const file = secretSettings.has(name as SettingName) ? ' (or `_FILE`)' : ''
    return `| \`${name}\`${file} | ${value === '' ? '–' : `\`${value}\``} | ${Reflect.get(schema, 'description')} |\n`
  })
  return `| setting | default | meaning |\n|---|---|---|\n${rows.join('')}`
}
