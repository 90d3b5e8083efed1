/*
 * Measures a stack of its own; prints figures and asserts nothing about time:
 *
 *   npm run bench -- ingest --seconds 8 --rounds 3
 *   npm run bench -- ingest --only single-64,keys-64 --env TAILRACE_LOG_LEVEL=warn --profile keys-64
 *   npm run bench -- delivery --only fast,slow-100 --rounds 1
 *   npm run bench -- e2e
 *   npm run bench -- --help
 */
import { endWithStarter } from '../../services/cli/starter.ts'
import { runTask } from '../../services/cli/task.ts'
import { runDelivery } from './delivery/run-delivery.ts'
import { runEndToEnd } from './e2e/run-e2e.ts'
import { runIndex } from './index/run-index.ts'
import { runIngest } from './ingest/run-ingest.ts'
import { readOptions, usage } from './options.ts'
import { runPage } from './page/run-page.ts'

const graceMs = 60_000

endWithStarter()
await runTask(graceMs, async (signal) => {
  const options = readOptions(process.argv.slice(2))
  if (options.kind === 'help') console.log(usage)
  else if (options.kind === 'index') await runIndex(options, signal)
  else if (options.kind === 'page') await runPage(options, signal)
  else if (options.kind === 'ingest') await runIngest(options, signal)
  else if (options.kind === 'delivery') await runDelivery(options, signal)
  else await runEndToEnd(options, signal)
})
