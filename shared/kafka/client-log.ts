import type { logCreator } from 'kafkajs'
import type { Log } from '#shared/observability/log.ts'

const errorLabel = 'ERROR'

/**
 * kafkajs reports ordinary rebalances and every retried request as errors. What matters reaches us as a rejected call or
 * an event, so its own lines all become debug lines. `onError` hears each message of level error, synchronously.
 */
export function logCreatorFor(log: Log, onError?: (message: string) => void): logCreator {
  return () => (entry) => {
    const { message, stack: _stack, timestamp: _timestamp, logger: _logger, ...fields } = entry.log
    if (entry.label === errorLabel) onError?.(message)
    log.debug({ kafkajs: entry.namespace, label: entry.label, ...fields }, message)
  }
}
