/*
 * Breaks a stack again and again under load and judges each run:
 *
 *   npm run chaos -- --fault kill-broker,kill-consumer --repeats 10 --rate 1000 --seconds 60 --keys 500
 *   npm run chaos -- --mix --minutes 30 --seed 7 --rate 200
 *   npm run chaos -- --quick
 *   npm run chaos -- --list
 *
 * --subscriptions takes some of clean, picky, shaky, flaky, hopeless. --mix draws faults by its seed, with pauses of 5 to 15 s.
 * --stack names the folder of a running stack to break instead of one of its own. Ends with code 1 when an invariant broke
 * or a publish request failed that had not to.
 */
import { endWithStarter } from '../../services/cli/starter.ts'
import { runTask } from '../../services/cli/task.ts'
import { faultList, readOptions } from './options.ts'
import { runAll } from './run-all.ts'

const graceMs = 60_000

endWithStarter()
await runTask(graceMs, async (signal) => {
  const options = readOptions(process.argv.slice(2))
  if (options.kind === 'list') console.log(faultList())
  else await runAll(options, signal)
})
