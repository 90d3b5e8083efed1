/*
 * Measures a stack of its own; prints figures and asserts nothing about time:
 *
 *   npm run bench -- ingest --seconds 8 --rounds 3
 *   npm run bench -- ingest --only single-64,keys-64 --env TAILRACE_LOG_LEVEL=warn --profile keys-64
 *   npm run bench -- --help
 */
import { endWithStarter } from '../../services/cli/starter.ts'
import { runTask } from '../../services/cli/task.ts'
import { runIngest } from './ingest/run-ingest.ts'
import { readOptions, usage } from './options.ts'

const graceMs = 60_000

endWithStarter()
await runTask(graceMs, async (signal) => {
  const options = readOptions(process.argv.slice(2))
  if (options.kind === 'help') console.log(usage)
  else await runIngest(options, signal)
})
