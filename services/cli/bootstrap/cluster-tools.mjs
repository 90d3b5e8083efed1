import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { installPackages, optionalTools } from './install.mjs'
import { jarsAreReady } from './jars.mjs'
import { programOn } from './places.mjs'
import { Refusal } from './refusal.mjs'

const oldestJava = 17

/**
 * Finds what a cluster runs on and offers to install what is missing. Returns the PATH under which `java` and
 * `redis-server` (and `mvn`, while the jars are missing) are found. Without Redis it goes on: Tailrace runs degraded. Tests
 * read the log with kcat, a Kafka client of others, and look at the console in Chromium.
 */
export async function findTools({ forTests }) {
  const missing = missingTools(forTests)
  if (missing.length > 0) await installPackages(missing)
  const essential = missingTools(forTests).filter((tool) => !optionalTools.includes(tool))
  if (essential.length > 0) throw new Refusal(`Still missing after the installation: ${essential.join(', ')}.`)
  return pathWithJava()
}

function missingTools(forTests) {
  const path = process.env.PATH
  return [
    findJava() === undefined ? 'java' : undefined,
    !jarsAreReady() && programOn(path, 'mvn') === undefined ? 'maven' : undefined,
    programOn(path, 'redis-server') === undefined ? 'redis' : undefined,
    forTests && programOn(path, 'kcat') === undefined ? 'kcat' : undefined,
    forTests && !hasChromium(path) ? 'chromium' : undefined,
  ].filter((tool) => tool !== undefined)
}

/** The same names as in services/cli/chromium.ts, which the tests ask. */
function hasChromium(path) {
  if (process.env.CHROMIUM_PATH) return true
  return ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].some((name) => programOn(path, name))
}

function pathWithJava() {
  const folder = dirname(findJava())
  return [folder, process.env.PATH].join(delimiter)
}

/** JAVA_HOME first, as every Java program does; a Java that is too old counts as none. */
function findJava() {
  const home = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : undefined
  return [home, programOn(process.env.PATH, 'java')]
    .filter((path) => path !== undefined && existsSync(path))
    .find((path) => javaVersion(path) >= oldestJava)
}

function javaVersion(path) {
  const { stderr } = spawnSync(path, ['-version'], { encoding: 'utf8' })
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0)
}
