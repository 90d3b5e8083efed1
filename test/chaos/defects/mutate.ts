/*
 * Loaded before everything else by each process of a test stack (--import): puts the changes of mutations.ts into the modules
 * and follows the switch, a file that names the one that is on. What the file says is repeated beside it, under the process id.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { mutated, mutatedFiles } from './mutations.ts'
import { switchVariable } from './switch-variable.ts'

const lookEveryMs = 100
const file = process.env[switchVariable]
if (file !== undefined) {
  followSwitch(file)
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!mutatedFiles.some((name) => url.endsWith(`/${name}`))) return loaded
      return { ...loaded, source: mutated(url, Buffer.from(loaded.source as Uint8Array).toString()) }
    },
  })
}

function followSwitch(path: string): void {
  const realNow = Date.now
  let known = ''
  let jumpMs = 0
  Date.now = () => realNow() + jumpMs
  const look = () => {
    const text = readFileSync(path, 'utf8')
    if (text === known) return
    known = text
    const [defect = '', ms = '0'] = text.split(' ')
    jumpMs = Number(ms)
    Object.assign(globalThis, { chaosDefect: defect, chaosJumpMs: jumpMs })
    writeFileSync(`${path}.${process.pid}`, text)
  }
  Object.assign(globalThis, { chaosHeldAtMs: Number.NEGATIVE_INFINITY })
  look()
  setInterval(look, lookEveryMs).unref()
}
