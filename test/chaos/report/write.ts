import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultFolder } from '../../../services/cli/folders.ts'
import { page, type Report } from './page.ts'

/** Where the report of a command goes that names no folder. */
export const usualFolder = (startedAt: string, what: string): string =>
  join(defaultFolder, 'chaos', `${startedAt.slice(0, 19).replaceAll(':', '')}-${slug(what)}`)

const slug = (text: string): string =>
  text
    .replaceAll(/[^\w.]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60)

/** Writes report.html and report.json, over what is there; returns the path of the first. */
export function writeReport(folder: string, report: Report): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report)}\n`)
  const path = join(folder, 'report.html')
  writeFileSync(path, page(report))
  return path
}
