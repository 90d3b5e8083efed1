import { randomBytes } from 'node:crypto'

const required = (name: string): string => {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set: run the tests with npm test`)
  return value
}

/** The real brokers that `npm test` started. */
export const testBrokers = (): string[] => required('KAFKA_BROKERS').split(',')

/** The real Redis that `npm test` started. */
export const testRedisUrl = (): string => required('REDIS_URL')

/** A name no other test uses: lower case letters and digits, good for topics, groups, streams and prefixes. */
export const uniqueName = (start: string): string => `${start}-${randomBytes(5).toString('hex')}`
