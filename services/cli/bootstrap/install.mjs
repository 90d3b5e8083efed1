import { spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline/promises'
import { programOn, say } from './places.mjs'
import { Refusal } from './refusal.mjs'

const purpose = { java: 'Java 17 or newer', maven: 'Maven', redis: 'Redis', kcat: 'kcat', chromium: 'Chromium' }
/** Without Redis all starts and says so; without kcat the tests that need another Kafka client are skipped, without Chromium those of the console. */
export const optionalTools = ['redis', 'kcat', 'chromium']
// The first one a distribution knows: its default Java may still be 11.
const aptPackages = {
  java: ['openjdk-21-jre-headless', 'openjdk-17-jre-headless', 'default-jre-headless'],
  maven: ['maven'],
  redis: ['redis-server'],
  kcat: ['kcat', 'kafkacat'],
  chromium: ['chromium', 'chromium-browser'],
}
const brewPackages = { java: 'openjdk@21', maven: 'maven', redis: 'redis', kcat: 'kcat', chromium: 'Chromium' }

/**
 * Installs what is missing: unasked as root where nobody could answer (CI, no terminal), after a question on a terminal.
 * Elsewhere, or after a no, it says the one command; what is optional is no reason to stop.
 */
export async function installPackages(missing) {
  const mayInstall = programOn(process.env.PATH, 'apt-get') !== undefined && process.getuid?.() === 0
  const nobodyAnswers = Boolean(process.env.CI) || !process.stdin.isTTY
  if (mayInstall && (nobodyAnswers || (await userAgrees(missing)))) return installByApt(missing)
  const sentence = `${missing.map((tool) => purpose[tool]).join(' and ')} missing; install with: ${command(missing)}`
  if (missing.some((tool) => !optionalTools.includes(tool))) throw new Refusal(sentence)
  say(`${sentence} (going on without)`)
}

function installByApt(missing) {
  run('apt-get', ['update', '-qq'])
  const packages = missing.map(aptPackage)
  for (const name of packages) say(`installing ${name} (apt-get install)`)
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages])
}

async function userAgrees(missing) {
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const names = missing.map((tool) => purpose[tool]).join(' and ')
  const answer = await prompt.question(`${names} missing. Run "${command(missing)}" now? [Y/n] `)
  prompt.close()
  return /^(y|yes|)$/i.test(answer.trim())
}

function command(missing) {
  if (process.platform === 'darwin') return `brew install ${missing.map((tool) => brewPackages[tool]).join(' ')}`
  const sudo = process.getuid?.() === 0 ? '' : 'sudo '
  return `${sudo}apt-get install -y --no-install-recommends ${missing.map(aptPackage).join(' ')}`
}

function aptPackage(tool) {
  const names = aptPackages[tool]
  return names.find((name) => spawnSync('apt-cache', ['show', name]).status === 0) ?? names[names.length - 1]
}

function run(program, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status } = spawnSync(program, args, { env, stdio: ['ignore', process.stderr, process.stderr] })
  if (status !== 0) say(`${program} ${args.join(' ')} failed`)
}
