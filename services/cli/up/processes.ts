/** A row of ready.json: one process of the run as it is now. */
export type ProcessEntry = { name: string; service: string; pid: number; adminUrl: string | null }

/** The processes of a run. Names stay, pids change with every restart. */
export type ProcessTable = {
  set(entry: ProcessEntry): void
  remove(name: string): void
  list(): ProcessEntry[]
  onChange(listener: () => void): void
}

/** An empty table. */
export function createProcessTable(): ProcessTable {
  const entries = new Map<string, ProcessEntry>()
  const listeners: (() => void)[] = []
  const changed = () => {
    for (const listener of listeners) listener()
  }
  return {
    set(entry) {
      entries.set(entry.name, entry)
      changed()
    },
    remove(name) {
      if (entries.delete(name)) changed()
    },
    list: () => [...entries.values()],
    onChange: (listener) => void listeners.push(listener),
  }
}
