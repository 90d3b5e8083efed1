import { spawnSync } from 'node:child_process'

/** Whether a program is there, and ends well with these arguments. */
export type Try = (program: string, ...args: readonly string[]) => boolean

/** What this machine lacks to run docker-compose.yml and to look into it, and what helps; undefined where it lacks nothing. */
export function missingForContainers(succeeds: Try = tries, { DOCKER_HOST }: NodeJS.ProcessEnv = process.env) {
  if (!succeeds('docker', '--version')) {
    return 'there is no docker command: install Docker Engine with its compose plugin (https://docs.docker.com/engine/install)'
  }
  if (!succeeds('docker', 'info')) {
    const where = DOCKER_HOST === undefined ? 'and DOCKER_HOST is not set' : `at DOCKER_HOST=${DOCKER_HOST}`
    return `no container engine answers, ${where}: start one on this machine (systemctl start docker), or name its socket in DOCKER_HOST`
  }
  if (!succeeds('docker', 'compose', 'version') && !succeeds('docker-compose', 'version')) {
    return 'there is neither docker compose nor docker-compose: install the compose plugin of Docker'
  }
  if (!succeeds('kcat', '-V')) return 'there is no kcat, which reads the log: install it (Debian: apt-get install kcat)'
  if (!succeeds('unshare', '--mount', 'true')) {
    return 'a hosts file of its own, by which the log is read from outside, takes root on Linux: run it with sudo'
  }
  return undefined
}

const tries: Try = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0
