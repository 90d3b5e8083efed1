/*
 * Breaks a stack again and again under load and judges each run:
 *
 *   npm run chaos -- --fault kill-broker,S7 --repeats 10 --rate 1000 --seconds 60 --keys 500
 *   npm run chaos -- --mix --minutes 30 --seed 7 --rate 200
 *   npm run chaos -- --quick
 *   npm run chaos -- --control --seconds 60
 *   npm run chaos -- --list
 *   npm run chaos -- --defects --invariants I4,I13
 *   npm run chaos -- --target compose --fault docker-kill-broker
 *
 * Several faults come one after the other in one run, with --each in a run of their own; so does each fault of a --group.
 * --subscriptions takes some of clean, picky, shaky, flaky, hopeless. --mix draws faults by its seed, with pauses of 5 to 15 s.
 * --defects breaks the product itself, one line at a time, and looks whether the checkers see it: of all invariants, or of some.
 * --target compose breaks the containers of docker-compose.yml by docker kill, pause and network disconnect, without --fault in
 * every way one after the other. It starts them as project tailrace-ci and removes them, or takes those that run and leaves them.
 * --stack names the folder of a running stack to break instead of one of its own, --report the folder for report.html and
 * report.json. Ends with code 1 when an invariant broke or a publish request failed that had not to.
 */
import { endWithStarter } from '../../services/cli/starter.ts'
import { runTask } from '../../services/cli/task.ts'
import { Refusal } from '../../services/cli/up/refusal.ts'
import { missingForContainers } from '../compose/missing.ts'
import { againWithOwnHosts, hasOwnHosts } from '../compose/own-hosts.ts'
import { defectList, runDefects } from './defects/run-defects.ts'
import { faultList, readOptions } from './options.ts'
import { runAll } from './run-all.ts'

const graceMs = 60_000

endWithStarter()
await runTask(graceMs, async (signal) => {
  const options = readOptions(process.argv.slice(2))
  if (options.kind === 'list') console.log(`${faultList()}\n\nFor --defects:\n${defectList()}`)
  else if (options.kind === 'defects') await runDefects(options.invariants, signal)
  else if (options.target === 'compose' && !hasOwnHosts()) await onContainers(signal)
  else await runAll(options, signal)
})

async function onContainers(signal: AbortSignal): Promise<void> {
  const missing = missingForContainers()
  if (missing !== undefined) throw new Refusal(`--target compose cannot run here: ${missing}.`)
  await againWithOwnHosts(signal)
}
