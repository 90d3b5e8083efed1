import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openForWriting } from '../../../services/console/index/open-database.ts'
import { createReader, type Reader } from '../../../services/console/index/reader.ts'
import { openStore } from '../../../services/console/index/store.ts'
import { table } from '../table.ts'
import { chunksOf, type Installation } from './fill.ts'
import { measureFollowing } from './follow.ts'
import { questionsOf } from './questions.ts'

/** As many deliveries as the brokers take in a few seconds. */
const mostFollowed = 300_000

/**
 * The search index of one million deliveries, made of synthetic records: how many records a second one core takes in, and
 * how long questions of each kind take. Cold: nothing of the file is in memory when a kind begins, and each question has a
 * connection of its own. At last, how fast a console follows a log that is full already.
 *
 *   npm run bench -- index [--deliveries 1000000] [--questions 500]
 */
export async function runIndex(
  { deliveries, questions }: { deliveries: number; questions: number },
  signal: AbortSignal,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-bench-index-'))
  const file = { path: join(folder, 'index.db'), installation: 'bench.' }
  const subscriptions = 4
  const events = Math.ceil(deliveries / subscriptions)
  const installation: Installation = { events, subscriptions, partitions: 6, keys: 10_000, spanMs: 6 * 86_400_000 }
  try {
    fill(file, installation)
    const kinds = questionsOf(installation)
    const rows = Object.entries(kinds).map(([kind, ask]) => {
      dropFromMemory(file.path)
      const cold = times(questions, () => inReader(file, ask))
      const reader = createReader(file)
      const warm = times(questions, () => measured(() => ask(reader)))
      reader.close()
      return { kind, cold, warm }
    })
    const right = { align: 'right' } as const
    const of = (name: string, read: (row: (typeof rows)[number]) => number) => ({
      ...{ head: name, ...right, cell: (row: (typeof rows)[number]) => read(row).toFixed(1) },
    })
    const columns = [
      { head: `${questions} questions, ms`, align: 'left' as const, cell: (row: (typeof rows)[number]) => row.kind },
      of('cold p50', ({ cold }) => at(cold, 0.5)),
      of('p99', ({ cold }) => at(cold, 0.99)),
      of('warm p50', ({ warm }) => at(warm, 0.5)),
      of('p99', ({ warm }) => at(warm, 0.99)),
    ]
    console.log(table(columns, rows))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const followed = Math.ceil(Math.min(deliveries, mostFollowed) / subscriptions)
  await measureFollowing({ ...installation, events: followed }, signal)
}

function fill(file: { path: string; installation: string }, installation: Installation): void {
  const { db, close } = openForWriting(file)
  const store = openStore(db, () => ({ name: 'orders', defaultType: null }))
  let [busyMs, worstMs] = [0, 0]
  const cpu = { user: 0, system: 0 }
  for (const chunk of chunksOf(installation)) {
    const before = process.threadCpuUsage()
    const ms = measured(() => store.apply(chunk, 0))
    const { user, system } = process.threadCpuUsage(before)
    cpu.user += user
    cpu.system += system
    busyMs += ms
    worstMs = Math.max(worstMs, ms)
  }
  close()
  const { events, subscriptions } = installation
  const records = events * (1 + subscriptions)
  const cpuSeconds = (cpu.user + cpu.system) / 1e6
  const megabytes = statSync(file.path).size / 1024 ** 2
  console.log(
    `${events} events and ${events * subscriptions} deliveries: ${Math.round(records / (busyMs / 1_000))} records/s, ` +
      `${Math.round(records / cpuSeconds)} per second of CPU; longest transaction ${worstMs.toFixed(0)} ms; ` +
      `${megabytes.toFixed(0)} MiB, ${((megabytes * 1024 ** 2) / records).toFixed(0)} bytes each`,
  )
}

function inReader(file: { path: string; installation: string }, ask: (reader: Reader) => unknown): number {
  const reader = createReader(file)
  const ms = measured(() => ask(reader))
  reader.close()
  return ms
}

/** GNU dd asks the kernel to forget the pages of the file. */
const dropFromMemory = (path: string) =>
  spawnSync('dd', [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0'], { stdio: 'ignore' })

function measured(work: () => unknown): number {
  const startMs = performance.now()
  work()
  return performance.now() - startMs
}

const times = (count: number, one: () => number) => Array.from({ length: count }, one).sort((a, b) => a - b)
const at = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
