import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, say } from './places.mjs'
import { Refusal } from './refusal.mjs'

const pom = join(root, 'docker/kafka/pom.xml')
const folder = join(root, '.tailrace/kafka')
const stamp = '.pom-sha256'

/** Whether the jars of this very pom.xml are there. */
export function jarsAreReady() {
  const path = join(folder, stamp)
  return existsSync(path) && readFileSync(path, 'utf8') === pomHash()
}

/** Copies the Kafka jars to .tailrace/kafka, in a folder beside it first, so that a broken download leaves nothing behind. */
export function prepareJars(path) {
  if (jarsAreReady()) return
  say('fetching the Kafka jars with Maven into .tailrace/kafka')
  const fresh = `${folder}.${process.pid}`
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${fresh}`]
  const options = { cwd: root, env: { ...process.env, PATH: path }, stdio: ['ignore', process.stderr, process.stderr] }
  const { status } = spawnSync('mvn', ['-q', '-B', '-Dstyle.color=never', '-f', pom, ...goal], options)
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    throw new Refusal('Maven could not fetch the Kafka jars; the lines above say why.')
  }
  writeFileSync(join(fresh, stamp), pomHash())
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
}

function pomHash() {
  return createHash('sha256').update(readFileSync(pom)).digest('hex')
}
