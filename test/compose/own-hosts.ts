import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '../../services/cli/up/refusal.ts'

export const hasOwnHosts = (): boolean => process.env.OWN_HOSTS_FILE !== undefined

/** Bound over the hosts file for this process and its children alone. */
const bound = 'mount --bind "$OWN_HOSTS_FILE" /etc/hosts && exec "$@"'

/**
 * Runs this very command once more with a hosts file of its own, a copy of the machine's, and ends as that does: brokers in
 * containers are known by the names that they advertise, which nobody else on this machine shall see.
 */
export async function againWithOwnHosts(signal: AbortSignal): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-hosts-'))
  const hosts = join(folder, 'hosts')
  copyFileSync('/etc/hosts', hosts)
  try {
    const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
    const child = spawn('unshare', ['--mount', 'sh', '-c', bound, 'sh', ...command], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, OWN_HOSTS_FILE: hosts },
    })
    signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Refusal('')
  } finally {
    rmSync(folder, { recursive: true })
  }
}
