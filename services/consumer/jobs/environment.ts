import type { Catalog } from '#shared/catalog/catalog.ts'
import type { RunnerEnvironment } from '../environment.ts'
import type { JobTelemetry } from './telemetry.ts'

/** What the jobs of this process share. */
export type JobEnvironment = Omit<RunnerEnvironment, 'catalog'> & {
  readonly catalog: Catalog
  readonly jobTelemetry: JobTelemetry
  /** Name of this instance. */
  readonly instance: string
}
