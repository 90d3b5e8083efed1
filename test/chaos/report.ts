import type { Outcome } from './experiment.ts'
import { measureFaults, measureGaps } from './gaps.ts'

const columns = ['events', 'acknowledged', 'delivered', 'dead-lettered', 'lost', 'duplicated', 'out of order', 'failed']

/** One line of figures per subscription and one per fault, as text. */
export function report({ facts, published, judgements }: Outcome): string {
  return judgements
    .flatMap(({ scope, judgement: { counts, holds } }) => {
      const { acknowledged = 0, lost = 0, deadLettered = 0, duplicates = 0, outOfOrder = 0 } = counts
      const delivered = acknowledged - lost - deadLettered
      const figures = [published.due, acknowledged, delivered, deadLettered, lost, duplicates, outOfOrder]
      const named = [...figures, published.failedRequests].map((figure, index) => `${columns[index]} ${figure}`)
      const whole = measureGaps(facts, scope)
      return [
        `${holds ? 'ok ' : 'BAD'} ${scope.subscription}: ${named.join(', ')}; ${gapText(whole)}`,
        ...measureFaults(facts, scope).map((one) => `    ${one.fault} (${one.victim}): ${gapText(one)}`),
      ]
    })
    .join('\n')
}

const gapText = ({ ackMs, deliveryMs, partitionMs }: ReturnType<typeof measureGaps>): string =>
  `longest ack gap ${Math.round(ackMs)} ms, delivery gap ${Math.round(deliveryMs)} ms, of one partition ${Math.round(partitionMs)} ms`
