/** A row of ready.json: one process of the run as it is now. */
export type ProcessEntry = { name: string; service: string; pid: number; adminUrl: string | null }

/** The processes of a run. Names stay, pids change with every restart. */
export type ProcessTable = {
  set(entry: ProcessEntry): void
  remove(name: string): void
  list(): ProcessEntry[]
}

/** An empty table; `onChange` hears of every change. */
export function createProcessTable(onChange: () => void): ProcessTable {
  const entries = new Map<string, ProcessEntry>()
  return {
    set(entry) {
      entries.set(entry.name, entry)
      onChange()
    },
    remove(name) {
      if (entries.delete(name)) onChange()
    },
    list: () => [...entries.values()],
  }
}
