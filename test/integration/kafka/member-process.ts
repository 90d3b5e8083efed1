import { keepGroup } from '#shared/kafka/group-keeper.ts'
import { createLogger } from '#shared/observability/log.ts'
import { testBrokers } from '../../support/dependencies.ts'

/** A group member in a process of its own, to be killed: arguments are groupId, topic, clientId and session timeout, ms. */
const [groupId = '', topic = '', clientId = '', sessionTimeoutMs] = process.argv.slice(2)

keepGroup({
  connection: { brokers: testBrokers(), clientId, log: createLogger('test', { level: 'silent', instance: clientId }) },
  ...{ groupId, topics: [topic], sessionTimeoutMs: Number(sessionTimeoutMs) },
  onAssigned: ({ partitions }) => process.send?.(partitions),
  onRevoking: () => undefined,
  onBatch: () => undefined,
  onBroken: (error) => {
    throw error
  },
})
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
