import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ComposeService, readComposeFile } from './compose-file.ts'

type Rule = { says: string; holds(service: ComposeService): boolean }

const rules: Rule[] = [
  { says: 'its root file system is read-only', holds: ({ read_only }) => read_only === true },
  { says: 'it has somewhere in memory to write to', holds: ({ tmpfs = [] }) => tmpfs.length > 0 },
  { says: 'it has no capability', holds: ({ cap_drop = [] }) => cap_drop.join() === 'ALL' },
  { says: 'it gains no privileges', holds: ({ security_opt = [] }) => security_opt.includes('no-new-privileges:true') },
  { says: 'it is not root', holds: ({ user = '0' }) => /^[1-9]\d*:[1-9]\d*$/.test(user) },
  { says: 'its processes are bounded', holds: ({ pids_limit = 0 }) => pids_limit > 0 },
  { says: 'its memory is bounded', holds: ({ mem_limit = '' }) => /^\d+m$/.test(mem_limit) },
  {
    says: 'it starts again by itself, unless it is a job that ends',
    holds: ({ restart, command = [] }) => restart === (command.join().includes('init.ts') ? 'no' : 'unless-stopped'),
  },
  { says: 'it is healthy or not, unless it is a job', holds: isProbed },
  { says: 'its image has a pinned tag', holds: ({ image }) => /:[\w.-]+$/.test(image) && !image.endsWith(':latest') },
]

function isProbed({ healthcheck, restart }: ComposeService): boolean {
  return restart === 'no' ? healthcheck?.disable === true : (healthcheck?.test ?? []).length > 0
}

describe('every container of the compose file', () => {
  const services = Object.entries(readComposeFile().services)
  for (const { says, holds } of rules) {
    it(`keeps to the rule: ${says}`, () => {
      const offenders = services.filter(([, service]) => !holds(service)).map(([name]) => name)
      assert.deepEqual(offenders, [])
    })
  }

  it('is probed without starting a JVM or a Node', () => {
    const probes = services.map(([, { healthcheck }]) => healthcheck?.test?.[1] ?? 'bash')
    assert.deepEqual([...new Set(probes)].sort(), ['bash', 'redis-cli'])
  })
})
