import { withResources } from '#shared/lifecycle.ts'
import { type Stack, startStack } from '../../support/stack.ts'
import { warn, writeEvidence } from '../evidence.ts'
import { describeMachine } from '../machine.ts'
import type { DeliveryOptions } from '../options.ts'
import { figure } from '../table.ts'
import { type DeliveryMeasurement, measureDelivery } from './measure.ts'
import { type DeliveryResult, deliveryReport, middleDelivery } from './report.ts'
import type { DeliveryScenario } from './scenarios.ts'

/** Measures every scenario round by round: one consumer process on the brokers of a stack of its own. */
export function runDelivery(options: DeliveryOptions, signal: AbortSignal): Promise<void> {
  return withResources(warn, async (resources) => {
    const { seconds, rounds, scenarios, env } = options
    const startedAt = new Date()
    const machine = describeMachine()
    const stack = await startStack({ producers: 1, consumers: 0 })
    resources.defer('stack', stack.stop)
    process.env.KAFKA_BROKERS = stack.brokers.join(',')
    const measured = new Map<DeliveryScenario, DeliveryMeasurement[]>(scenarios.map((one) => [one, []]))
    for (let round = 1; round <= rounds; round += 1) {
      for (const scenario of scenarios) {
        signal.throwIfAborted()
        const one = await measureDelivery(scenario, { env: { ...redisOf(stack), ...env }, seconds, signal })
        measured.get(scenario)?.push(one)
        const shown =
          one.perSecond === null ? `${figure(one.coreShare * 100, 1)} % of a core` : `${figure(one.perSecond, 0)}/s`
        console.log(`round ${round}: ${scenario.name.padEnd(10)} ${shown}`)
      }
    }
    const results: DeliveryResult[] = [...measured].map(([scenario, all]) => ({
      scenario,
      rounds: all,
      middle: middleDelivery(all),
    }))
    console.log(`\n${deliveryReport(machine, results)}`)
    console.log(`\n${writeEvidence('delivery', startedAt, { machine, options: { seconds, rounds, env }, results })}`)
    await resources.close()
  })
}

/** The consumers of this bench are no part of the stack, but use its Redis. */
const redisOf = ({ redisUrl }: Stack) => (redisUrl === null ? {} : { REDIS_URL: redisUrl })
