import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { type AppendFault, appendFaultOf, isFenced, isKafkaError, kafkaUnavailable } from '#shared/kafka/errors.ts'
import { kafkaError, timeoutError } from './fakes.ts'

const { KafkaJSAggregateError, KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded } = kafkajs
const load = createRequire(import.meta.url)

test('finds the protocol error below the retries and wrappers of kafkajs', () => {
  const wrapped = new KafkaJSNumberOfRetriesExceeded(kafkaError('OUT_OF_ORDER_SEQUENCE_NUMBER'), {
    ...{ retryCount: 4, retryTime: 250 },
  })
  assert.equal(appendFaultOf(wrapped), 'producer-fatal')
})

test('only an explicit refusal is permanent; whatever is unknown is ambiguous', () => {
  assert.equal(appendFaultOf(kafkaError('MESSAGE_TOO_LARGE')), 'permanent')
  for (const error of [timeoutError(), kafkaError('NOT_ENOUGH_REPLICAS'), new TypeError('x'), 'text', undefined]) {
    assert.equal(appendFaultOf(error), 'ambiguous')
  }
})

/** A code as kafkajs 2.2.4 hands it on: with the name of the ones it does not know, and the code in the message. */
const answered = (code: number): Error => {
  const { createErrorFromCode } = load('kafkajs/src/protocol/error')
  const error: Error = createErrorFromCode(code)
  return Object.assign(new KafkaJSNonRetriableError(error), { cause: error })
}

const codes: [number, string, AppendFault][] = [
  [-1, 'UNKNOWN', 'ambiguous'],
  [3, 'UNKNOWN_TOPIC_OR_PARTITION', 'unknown-topic'],
  [7, 'REQUEST_TIMED_OUT', 'ambiguous'],
  [10, 'MESSAGE_TOO_LARGE', 'permanent'],
  [19, 'NOT_ENOUGH_REPLICAS', 'ambiguous'],
  [45, 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'producer-fatal'],
  [56, 'KAFKA_STORAGE_ERROR', 'ambiguous'],
  [87, 'INVALID_RECORD', 'permanent'],
  [88, 'UNSTABLE_OFFSET_COMMIT', 'ambiguous'],
  [89, 'THROTTLING_QUOTA_EXCEEDED', 'ambiguous'],
  [90, 'PRODUCER_FENCED', 'producer-fatal'],
  [97, 'PRINCIPAL_DESERIALIZATION_FAILURE', 'unexplained'],
  [100, 'UNKNOWN_TOPIC_ID', 'unknown-topic'],
  [103, 'INCONSISTENT_TOPIC_ID', 'ambiguous'],
  [120, 'TRANSACTION_ABORTABLE', 'unexplained'],
  [999, 'of a broker of tomorrow', 'unexplained'],
]

for (const [code, name, fault] of codes) {
  test(`code ${code} (${name}) is ${fault}`, () => assert.equal(appendFaultOf(answered(code)), fault))
}

test('a fenced member is told from a lost coordinator', () => {
  assert.equal(isFenced(kafkaError('ILLEGAL_GENERATION')), true)
  assert.equal(isFenced(kafkaError('NOT_COORDINATOR_FOR_GROUP')), false)
})

test('looks into the parts of an aggregate error', () => {
  const aggregate = new KafkaJSAggregateError('creation failed', [kafkaError('INVALID_CONFIG')])
  assert.equal(isKafkaError(aggregate, 'INVALID_CONFIG'), true)
})

test('says what was wanted when Kafka is lost, and keeps the cause', () => {
  const cause = timeoutError()
  const error = kafkaUnavailable(cause, 'commit offsets')
  assert.deepEqual([error.code, error.detail, error.cause], ['kafka-unavailable', 'commit offsets: timed out', cause])
})
