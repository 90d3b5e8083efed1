import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { missingForContainers } from '../../compose/missing.ts'

/** A machine on which only these commands end well. */
const machine =
  (...commands: readonly string[]) =>
  (...command: readonly string[]) =>
    commands.includes(command.join(' '))

const all = ['docker --version', 'docker info', 'docker compose version', 'kcat -V', 'unshare --mount true'] as const
const without = (command: string) => machine(...all.filter((one) => one !== command))

describe('a machine that shall run the containers', () => {
  it('lacks nothing with an engine, compose of either generation and a hosts file of its own', () => {
    assert.equal(missingForContainers(machine(...all), {}), undefined)
    const older = machine(
      'docker --version',
      'docker info',
      'docker-compose version',
      'kcat -V',
      'unshare --mount true',
    )
    assert.equal(missingForContainers(older, {}), undefined)
  })

  it('is told what it lacks and what helps', () => {
    assert.match(missingForContainers(machine(), {}) ?? '', /no docker command: install Docker Engine/)
    assert.match(missingForContainers(without('docker compose version'), {}) ?? '', /install the compose plugin/)
    assert.match(
      missingForContainers(without('kcat -V'), {}) ?? '',
      /there is no kcat, which reads the log: install it/,
    )
    assert.match(missingForContainers(without('unshare --mount true'), {}) ?? '', /takes root on Linux/)
  })

  it('hears where nobody answered', () => {
    const silent = without('docker info')
    assert.match(missingForContainers(silent, {}) ?? '', /no container engine answers, and DOCKER_HOST is not set/)
    const env = { DOCKER_HOST: 'unix:///nowhere' }
    assert.match(
      missingForContainers(silent, env) ?? '',
      /at DOCKER_HOST=unix:\/\/\/nowhere: start one on this machine/,
    )
  })
})
