import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'

/** One record as kcat printed it. Header values are text. */
export type KcatRecord = {
  partition: number
  offset: number
  timestampMs: number
  key: Buffer | null
  value: Buffer | null
  headers: Readonly<Record<string, string>>
}

/** False where kcat is installed; else the reason for skipping a test that needs it. */
export const kcatMissing: string | false =
  spawnSync('kcat', ['-V']).status === 0 ? false : 'kcat is not installed (Debian: apt-get install kafkacat)'

/** Lengths first, so that any bytes can follow: partition, offset, time, key length, value length; key and value; headers. */
export const format = '%p %o %T %K %S\\n%k%s\\n%h\\n'

/** How long a broker keeps a fetch at the end of a partition open: kcat asks once more there before it believes in the end. */
const fetchWaitMs = 20

/** Reads a topic from its first record to its present end. */
export async function* readTopic(brokers: readonly string[], topic: string): AsyncGenerator<KcatRecord> {
  const upToEnd = ['-o', 'beginning', '-e', '-X', `fetch.wait.max.ms=${fetchWaitMs}`]
  const args = ['-C', '-q', '-b', brokers.join(','), '-t', topic, ...upToEnd, '-f', format]
  const child = spawn('kcat', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close') as Promise<[number | null]>
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString()
  })
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of child.stdout) {
    const parsed = parseRecords(Buffer.concat([rest, chunk as Buffer]))
    yield* parsed.records
    rest = parsed.rest
  }
  const [code] = await closed
  if (code !== 0 || rest.length > 0) throw new Error(`kcat could not read ${topic}: ${complaint.trim()}`)
}

export type KcatMessage = {
  topic: string
  partition?: number
  value: string
  key?: string
  headers?: Readonly<Record<string, string>>
}

/** Writes one record. */
export async function writeRecord(brokers: readonly string[], message: KcatMessage): Promise<void> {
  const headers = Object.entries(message.headers ?? {}).flatMap(([name, value]) => ['-H', `${name}=${value}`])
  const key = message.key === undefined ? [] : ['-k', message.key]
  const partition = message.partition === undefined ? [] : ['-p', String(message.partition)]
  const args = ['-P', '-b', brokers.join(','), '-t', message.topic, '-X', 'acks=all', ...partition, ...key, ...headers]
  // Without a delimiter that never occurs kcat makes a record of every line.
  const child = spawn('kcat', [...args, '-D', '\\x01'], { stdio: ['pipe', 'ignore', 'inherit'] })
  const closed = once(child, 'close') as Promise<[number | null]>
  child.stdin.end(message.value)
  const [code] = await closed
  if (code !== 0) throw new Error(`kcat could not write to ${message.topic}`)
}

/**
 * How many partitions of the cluster miss a replica in sync, as the worst informed of its brokers says: the others do not know
 * yet that one died, and one that froze does not know what it missed. Throws while one of them does not answer.
 */
export async function partitionsNotInSync(brokers: readonly string[]): Promise<number> {
  const counts = await Promise.all(
    brokers.map(async (broker) => {
      const partitions = (await listTopics([broker])).flatMap((topic) => topic.partitions)
      return partitions.filter(({ replicas, isrs }) => isrs.length < replicas.length).length
    }),
  )
  return Math.max(...counts)
}

export async function topicExists(brokers: readonly string[], name: string): Promise<boolean> {
  return (await listTopics(brokers)).some(({ topic }) => topic === name)
}

/** Which broker leads each partition of a topic, by its id; -1 for none. */
export async function leadersOf(brokers: readonly string[], name: string): Promise<Map<number, number>> {
  const found = (await listTopics(brokers)).find(({ topic }) => topic === name)
  return new Map(found?.partitions.map(({ partition, leader }) => [partition, leader]))
}

/** Which brokers have all of each partition of a topic, by their ids. */
export async function inSyncOf(brokers: readonly string[], name: string): Promise<Map<number, readonly number[]>> {
  const found = (await listTopics(brokers)).find(({ topic }) => topic === name)
  return new Map(found?.partitions.map(({ partition, isrs }) => [partition, isrs.map(({ id }) => id)]))
}

type ListedPartition = { partition: number; leader: number; replicas: object[]; isrs: { id: number }[] }
type ListedTopic = { topic: string; partitions: ListedPartition[] }

async function listTopics(brokers: readonly string[]): Promise<ListedTopic[]> {
  const { stdout } = await promisify(execFile)('kcat', ['-L', '-J', '-b', brokers.join(',')], { maxBuffer: 1 << 26 })
  return (JSON.parse(stdout) as { topics: ListedTopic[] }).topics
}

/** Splits what kcat printed into records; `rest` is the beginning of one that is not complete. */
export function parseRecords(bytes: Buffer): { records: KcatRecord[]; rest: Buffer } {
  const records: KcatRecord[] = []
  let at = 0
  for (let next = parseRecord(bytes, at); next !== undefined; next = parseRecord(bytes, at)) {
    records.push(next.record)
    at = next.end
  }
  return { records, rest: bytes.subarray(at) }
}

function parseRecord(bytes: Buffer, start: number): { record: KcatRecord; end: number } | undefined {
  const lengthsEnd = bytes.indexOf(0x0a, start)
  if (lengthsEnd === -1) return undefined
  const [partition = 0, offset = 0, timestampMs = 0, keyLength = -1, valueLength = -1] = bytes
    .toString('latin1', start, lengthsEnd)
    .split(' ')
    .map(Number)
  const keyEnd = lengthsEnd + 1 + Math.max(0, keyLength)
  const valueEnd = keyEnd + Math.max(0, valueLength)
  const end = bytes.indexOf(0x0a, valueEnd + 1)
  if (end === -1) return undefined
  const key = keyLength < 0 ? null : bytes.subarray(lengthsEnd + 1, keyEnd)
  const value = valueLength < 0 ? null : bytes.subarray(keyEnd, valueEnd)
  const headers = parseHeaders(bytes.toString('utf8', valueEnd + 1, end))
  return { record: { partition, offset, timestampMs, key, value, headers }, end: end + 1 }
}

/** kcat prints `name=value,name=value` without escapes: a piece without a name belongs to the value before it. */
function parseHeaders(text: string): Record<string, string> {
  const headers: [string, string][] = []
  for (const piece of text === '' ? [] : text.split(',')) {
    const [, name, value] = /^([\w-]+)=(.*)$/s.exec(piece) ?? []
    const last = headers.at(-1)
    if (name !== undefined && value !== undefined) headers.push([name, value])
    else if (last !== undefined) last[1] += `,${piece}`
  }
  return Object.fromEntries(headers)
}
