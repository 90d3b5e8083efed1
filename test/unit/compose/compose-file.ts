import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export type ComposeService = {
  image: string
  command?: string[]
  user?: string
  restart?: string
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  pids_limit?: number
  mem_limit?: string
  tmpfs?: string[]
  dns_opt?: string[]
  dns_search?: string[]
  env_file?: string[]
  environment?: Record<string, string | number | null>
  ports?: string[]
  networks?: string[]
  volumes?: string[]
  profiles?: string[]
  stop_grace_period?: string
  healthcheck?: { test?: string[]; disable?: boolean }
  depends_on?: Record<string, { condition: string }>
}

export type ComposeFile = {
  services: Record<string, ComposeService>
  networks: Record<string, { internal?: boolean }>
  volumes: Record<string, object>
}

const root = new URL('../../../', import.meta.url)

/** A file of the clone by its path. */
export const textOf = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** docker-compose.yml with its merges done and every `${NAME:-default}` as its default. */
export function readComposeFile(): ComposeFile {
  const text = textOf('docker-compose.yml').replace(/\$\{\w+:-([^}]*)\}/g, '$1')
  return parse(text, { merge: true, maxAliasCount: -1 }) as ComposeFile
}

/** `35s` as milliseconds. */
export function msOf(duration: string | undefined): number {
  const [, seconds] = /^(\d+)s$/.exec(duration ?? '') ?? []
  return seconds === undefined ? Number.NaN : Number(seconds) * 1_000
}
