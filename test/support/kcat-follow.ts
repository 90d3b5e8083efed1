import { spawn } from 'node:child_process'
import { leash } from '../../services/cli/up/child.ts'
import { format, type KcatRecord, parseRecords } from './kcat.ts'

export type Following = { stop(): void }

const startAgainMs = 500

/** Quick to see that a broker died or froze, and that another one leads. */
const impatient = ['socket.timeout.ms=3000', 'topic.metadata.refresh.interval.ms=1000', 'reconnect.backoff.max.ms=500']

/**
 * A leader that froze still takes itself for one when it thaws, and says that an offset is out of range that the others have
 * reached without it. What is read again from there on is not handed over twice; going on at the end would skip records.
 */
const fromTheBeginning = 'topic.auto.offset.reset=earliest'

/** What kcat is told beside the topic. */
export const followSettings = [...impatient, fromTheBeginning].flatMap((setting) => ['-X', setting])

/**
 * Hands over each record of a topic once, from the first one on, a few ms after it was appended. The topic may come later;
 * brokers may die meanwhile, all of them too.
 */
export function followTopic(
  brokers: readonly string[],
  topic: string,
  onRecord: (record: KcatRecord) => void,
): Following {
  const args = ['-C', '-q', '-u', '-E', '-b', brokers.join(','), '-t', topic, '-o', 'beginning', '-f', format]
  const next = new Map<number, number>()
  let end = () => {}
  let timer: NodeJS.Timeout | undefined
  const start = () => {
    let rest: Buffer = Buffer.alloc(0)
    const child = spawn('kcat', [...args, ...followSettings], { stdio: ['ignore', 'pipe', 'ignore'] })
    const release = leash(child.pid ?? Number.NaN)
    const closed = () => {
      release()
      timer = setTimeout(start, startAgainMs)
    }
    child.once('close', closed)
    child.stdout.on('data', (chunk: Buffer) => {
      const parsed = parseRecords(Buffer.concat([rest, chunk]))
      rest = parsed.rest
      for (const record of parsed.records) if (isNew(next, record)) onRecord(record)
    })
    end = () => {
      child.removeListener('close', closed)
      child.kill('SIGKILL')
      release()
    }
  }
  start()
  return {
    stop: () => {
      clearTimeout(timer)
      end()
    },
  }
}

function isNew(next: Map<number, number>, { partition, offset }: KcatRecord): boolean {
  if (offset < (next.get(partition) ?? 0)) return false
  next.set(partition, offset + 1)
  return true
}
