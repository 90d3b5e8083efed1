/*
 * Breaks a stack of its own again and again under load and judges each run:
 *
 *   node test/chaos/run.ts --fault kill-broker,kill-consumer --repeats 10 --rate 1000 --seconds 60
 *
 * --stack names the folder of a running stack to break instead. The faults of one run come one after the other, evenly
 * spread over it. Ends with code 1 when an invariant broke or a publish request failed.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { untilHealthy } from '../support/health.ts'
import { attachStack, type Stack, startStack } from '../support/stack.ts'
import { type Load, openExperiment } from './experiment.ts'
import { allowedDuplicates, type FaultName, faults, inject, isFaultName } from './faults.ts'
import { report } from './report.ts'

const { values } = parseArgs({
  options: {
    fault: { type: 'string', default: '' },
    repeats: { type: 'string', default: '1' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
    keys: { type: 'string', default: '500' },
    stack: { type: 'string' },
  },
})
const wanted = values.fault.split(',').filter((name) => name !== '')
const names = wanted.filter(isFaultName)
if (names.length < wanted.length) {
  console.error(`Unknown fault among ${wanted.join(', ')}; there are ${Object.keys(faults).join(', ')}.`)
  process.exit(2)
}
const load = { ratePerSecond: Number(values.rate), seconds: Number(values.seconds), keys: Number(values.keys) }
const owned = values.stack === undefined ? await startStack() : undefined
const stack = owned ?? (await attachStack(values.stack ?? ''))
try {
  for (let round = 0; round < Number(values.repeats); round += 1) {
    if (!(await breakOnce(stack, { names, round, load }))) process.exitCode = 1
  }
} catch (error) {
  console.error(await stack.logTails())
  throw error
} finally {
  await owned?.stop()
}

async function breakOnce(
  stack: Stack,
  plan: { names: readonly FaultName[]; round: number; load: Load },
): Promise<boolean> {
  await untilHealthy(stack)
  const experiment = await openExperiment(stack)
  try {
    const publisher = experiment.publish(plan.load)
    for (const name of plan.names) {
      await pause((plan.load.seconds * 1000) / (plan.names.length + 1))
      await inject(stack, experiment, { name, round: plan.round })
    }
    const limits = { allowedDuplicates: allowedDuplicates(plan.names, plan.load.ratePerSecond) }
    const outcome = await experiment.conclude(publisher.finished, limits)
    console.log(`${plan.round + 1}. ${report(outcome)}`)
    if (outcome.complaint !== '') console.log(`${outcome.complaint}\n${await stack.logTails()}`)
    return outcome.complaint === '' && outcome.published.failedRequests === 0
  } finally {
    await experiment.close()
  }
}
