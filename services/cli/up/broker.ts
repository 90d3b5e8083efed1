import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root } from '../folders.ts'
import { readBrokerSettings } from './broker-settings.ts'
import { host, type Ports } from './ports.ts'

export const brokerIds = [1, 2, 3] as const
export type BrokerId = (typeof brokerIds)[number]

/** How one broker is started: `java` with these arguments in this environment. */
export type BrokerLaunch = {
  format: string[]
  serve: string[]
  env: { CLASSPATH: string }
  /** host:port by which its clients reach it: the first one that it advertises. */
  address: string
}

export type BrokerOptions = {
  id: BrokerId
  /** All brokers of the cluster; each is a controller too. */
  voters: readonly BrokerId[]
  brokersFolder: string
  jarsFolder: string
  clusterId: string
  ports: Ports
  /** Where `<id>.properties` come on top of our settings. */
  settingsFolder?: string | undefined
}

const environmentFile = join(root, 'docker/kafka/broker.env')
const logSettings = join(root, 'docker/kafka/log4j2.properties')
const heapName = 'KAFKA_HEAP_OPTS'
const smallMachine = ['-XX:+UseSerialGC', '-XX:-UsePerfData', '-XX:+ExitOnOutOfMemoryError', '-Xshare:auto']

/** The folder in which one broker keeps its log. */
export const dataFolder = (brokersFolder: string, id: BrokerId) => join(brokersFolder, String(id))

/** Whether the broker's folder was formatted: `format` writes this file last. */
export const isFormatted = (folder: string) => existsSync(join(folder, 'meta.properties'))

/** Writes the broker's properties file and says how to format its folder and how to start it. */
export function prepareBroker(options: BrokerOptions): BrokerLaunch {
  const { id, brokersFolder, jarsFolder, clusterId, settingsFolder } = options
  const { [heapName]: heap = '', ...settings } = readEnvironmentFile(readFileSync(environmentFile, 'utf8'))
  const onTop = settingsFolder === undefined ? {} : readBrokerSettings(settingsFolder, id)
  const effective = { ...propertiesOf(settings), ...ownProperties(options), ...onTop }
  const properties = join(brokersFolder, `${id}.properties`)
  writeFileSync(properties, propertiesText(effective))
  const log = `-Dlog4j2.configurationFile=${logSettings}`
  return {
    format: [
      ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', log, 'kafka.tools.StorageTool', 'format'],
      // One in 64 random ids begins with a dash, which by itself would be taken for an option.
      ...['--ignore-formatted', `--cluster-id=${clusterId}`, '--config', properties],
    ],
    serve: [...heap.split(' '), ...smallMachine, log, 'kafka.Kafka', properties],
    env: { CLASSPATH: classPath(jarsFolder) },
    address: firstAddress(effective['advertised.listeners']),
  }
}

/** `NAME=value` lines, as compose reads an env_file. */
export function readEnvironmentFile(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.includes('=') && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim()]),
  )
}

/** `KAFKA_A_B` is the broker setting `a.b`, the rule of Kafka's own container image. */
export function propertiesOf(environment: Readonly<Record<string, string>>): Record<string, string> {
  const name = (variable: string) =>
    variable
      .replace(/^KAFKA_/, '')
      .toLowerCase()
      .replaceAll('_', '.')
  return Object.fromEntries(Object.entries(environment).map(([variable, value]) => [name(variable), value]))
}

function ownProperties({ id, voters, brokersFolder, ports }: BrokerOptions): Record<string, string> {
  const at = (all: readonly number[], broker: BrokerId) => `${host}:${all[broker - 1]}`
  return {
    'node.id': String(id),
    'controller.quorum.voters': voters.map((voter) => `${voter}@${at(ports.controllers, voter)}`).join(','),
    listeners: `INTERNAL://${at(ports.brokers, id)},CONTROLLER://${at(ports.controllers, id)}`,
    'advertised.listeners': `INTERNAL://${at(ports.brokers, id)}`,
    'log.dirs': dataFolder(brokersFolder, id),
  }
}

/** `A://host:1,B://host:2` → `host:1` */
const firstAddress = (listeners = ''): string => listeners.split(',')[0]?.replace(/^.*:\/\//, '') ?? ''

const propertiesText = (properties: Readonly<Record<string, string>>) =>
  Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')

/** Every jar by name and sorted: a class archive only fits the very class path that it was made with. */
export const classPath = (jarsFolder: string) =>
  readdirSync(jarsFolder)
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(jarsFolder, name))
    .join(delimiter)
