import assert from 'node:assert/strict'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { appendFaultOf, isFenced, isKafkaError, kafkaUnavailable } from '#shared/kafka/errors.ts'
import { kafkaError, timeoutError } from './fakes.ts'

const { KafkaJSAggregateError, KafkaJSNumberOfRetriesExceeded } = kafkajs

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
