import type { Run } from './run.ts'
import { type LocalService, leaveGroupsFor, startService } from './services.ts'

export type CrewOptions = {
  producers: number
  consumers: number
  brokers: readonly string[]
  /** What every process gets; each adds its instance id and port. */
  env: Readonly<Record<string, string>>
}

/** One service of a run and how many processes it has. */
export type Role = {
  service: string
  script: string
  /** Of Node itself; docker-compose.yml says the same. */
  flags?: readonly string[]
  count: number
  port?: number
  /** Called at once when process `name` died without being asked to. */
  onDeath?: (name: string) => void
}

/**
 * What a consumer holds of a backlog lives a moment too long for the young generation, which V8 (13.6) would let grow to
 * 128 MB, and is garbage in the old one, which it would let grow to three times what is alive before it looks. With these
 * the old one is looked through at one and a half times: a third of the garbage for some more CPU.
 */
export const consumerFlags = ['--max-semi-space-size=16', '--heap-growing-percent=50']

/** The services of a run in the order in which they start; they stop in the opposite one. */
export function rolesOf(run: Run, { producers, consumers, brokers }: CrewOptions): Role[] {
  const { ports } = run
  const leaveGroups = (name: string) => void leaveGroupsFor(run, brokers, name)
  return [
    { service: 'demo-receiver', script: 'services/cli/demo/receiver.ts', count: 1, port: ports.demoReceiver },
    { service: 'console', script: 'services/console/main.ts', count: 1, port: ports.console },
    {
      ...{ service: 'consumer', script: 'services/consumer/main.ts', flags: consumerFlags, count: consumers },
      onDeath: leaveGroups,
    },
    { service: 'producer', script: 'services/producer/main.ts', count: producers, port: ports.producer },
  ]
}

/** What --demo adds once all of them serve. */
export const demoPublisher: Role = { service: 'demo-publisher', script: 'services/cli/demo/publisher.ts', count: 1 }

/** Starts all processes of a role: `<service>-1`, `<service>-2` … */
export function startRole(run: Run, role: Role, env: CrewOptions['env']): LocalService[] {
  const { service, script, flags = [], count, port, onDeath } = role
  return Array.from({ length: count }, (_, index) => {
    const name = `${service}-${index + 1}`
    const own = { TAILRACE_INSTANCE_ID: name, ...(port === undefined ? {} : { TAILRACE_PORT: String(port) }) }
    return startService(run, { name, service, script, flags, env: { ...env, ...own }, onDeath: () => onDeath?.(name) })
  })
}
