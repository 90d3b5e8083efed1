/** A long id in little room: its beginning and its end, which tell two ids apart. */
export function shortened(id: string, most = 22): string {
  return id.length <= most ? id : `${id.slice(0, 13)}…${id.slice(-4)}`
}

/** The partition and offset of `<name>-<partition>-<offset>`, as positions and deliveries are called. */
export function placeOf(position: string): { name: string; partition: number; offset: number } | undefined {
  const parts = /^(.+)-(\d+)-(\d+)$/.exec(position)
  if (parts === null) return undefined
  return { name: parts[1] ?? '', partition: Number(parts[2]), offset: Number(parts[3]) }
}

/** "https://billing.example/hooks" → "billing.example/hooks"; a Kafka target keeps its name. */
export function targetName(url: string): string {
  return url.replace(/^https?:\/\//, '').replace(/\/$/, '')
}
