import { randomBytes } from 'node:crypto'

type Service = 'producer' | 'consumer' | 'console'

/** What the client ids of every process of this instance begin with, whenever it was started. */
export const clientIdPrefix = (service: Service, instance: string): string => `${service}-${instance}-`

/** The client id of this process: role, instance and boot id, so that a restarted instance is never taken for the one before. */
export const newClientId = (service: Service, instance: string): string =>
  `${clientIdPrefix(service, instance)}${randomBytes(3).toString('hex')}`
