import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { type ComposeFile, readComposeFile, textOf } from './compose-file.ts'

const root = new URL('../../../', import.meta.url)
const text = textOf('docker-compose.yml')
const { services, volumes } = readComposeFile()

const generations = [
  { name: 'docker-compose 1.29', command: 'docker-compose', args: [] },
  { name: 'docker compose', command: 'docker', args: ['compose'] },
].map((one) => ({ ...one, isThere: spawnSync(one.command, [...one.args, 'version']).status === 0 }))

describe('the compose file', () => {
  it('has nothing that only one generation of compose understands', () => {
    for (const key of ['version', 'name', 'include', 'configs', 'secrets', 'models'])
      assert.ok(!(key in parse(text)), key)
    for (const key of [
      'start_interval:',
      'required:',
      'host_ip:',
      'restart: true',
      '!reset',
      '!override',
      'develop:',
    ]) {
      assert.ok(!text.includes(key), key)
    }
    assert.doesNotMatch(text, /\$\{\w+:?[+?]/)
  })

  it('builds with the classic builder too', () => {
    const dockerfile = textOf('docker/service.Dockerfile')
    assert.doesNotMatch(dockerfile, /RUN --|<<|^# syntax/m)
  })

  it('declares every named volume that it mounts', () => {
    const named = Object.values(services).flatMap((service) =>
      (service.volumes ?? []).map((one) => one.split(':')[0] ?? ''),
    )
    assert.deepEqual([...new Set(named.filter((one) => !one.startsWith('.')))].sort(), Object.keys(volumes).sort())
  })

  for (const { name, command, args, isThere } of generations) {
    const understoodBy = (...flags: string[]) => {
      const output = execFileSync(command, [...args, ...flags, 'config'], { cwd: root, encoding: 'utf8' })
      return parse(output) as ComposeFile
    }

    it(`means the same to ${name}`, { skip: !isThere && `${name} is not installed` }, () => {
      const understood = understoodBy('--profile', 'demo', '--profile', 'ha')
      assert.deepEqual(Object.keys(understood.services).sort(), Object.keys(services).sort())
      for (const [service, { environment = {} }] of Object.entries(services)) {
        const given = understood.services[service]?.environment ?? {}
        const set = Object.entries(environment).filter(([, value]) => value !== null)
        for (const [setting, value] of set)
          assert.equal(String(given[setting]), String(value), `${service}: ${setting}`)
      }
    })

    it(`tells every service where the Sentinels are when ${name} is given docker/ha.env`, { skip: !isThere }, () => {
      const understood = understoodBy('--env-file', 'docker/ha.env')
      const sentinels = Object.keys(services).filter((service) => service.startsWith('sentinel-'))
      const expected = sentinels.map((service) => `${service}:26379`).join()
      for (const service of ['producer', 'consumer', 'console', 'redis', 'redis-2', ...sentinels]) {
        assert.equal(understood.services[service]?.environment?.REDIS_SENTINELS, expected, service)
      }
    })
  }
})
