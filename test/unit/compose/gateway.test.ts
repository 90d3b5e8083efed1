import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfig } from '#shared/config.ts'
import { type ErrorCode, TailraceError } from '#shared/errors.ts'
import { problemOf } from '#shared/http/problem.ts'
import { msOf, readComposeFile, textOf } from './compose-file.ts'

const names = ['TAILRACE_PUBLISH_DEADLINE_MS', 'TAILRACE_LIMIT_HEADER_BYTES', 'TAILRACE_ADMIN_PORT'] as const
const defaults = readConfig(names, {})
const configuration = textOf('docker/haproxy/haproxy.cfg')

/** The value after a keyword, `undefined` when no line begins with it. */
const settingOf = (keyword: string): string | undefined =>
  configuration
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line.startsWith(`${keyword} `))
    ?.slice(keyword.length + 1)

const answers = [...configuration.matchAll(/errorfile (\d+) \S+\/errors\/(\S+)\.http/g)].map(([, seen, code]) => {
  const [head = '', body = ''] = textOf(`docker/haproxy/errors/${code}.http`).split('\n\n')
  const [statusLine = '', ...lines] = head.split('\n')
  const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ')))
  return { seen: Number(seen), code: code as ErrorCode, statusLine, headers, body: JSON.parse(body) }
})

describe('what the gateway answers when no producer does', () => {
  it('is what a producer would say under that code', () => {
    for (const { code, statusLine, headers, body } of answers) {
      const {
        status,
        headers: expected,
        body: members,
      } = problemOf(new TailraceError(code, body.detail), {
        requestId: '',
        instance: '',
      })
      const { requestId, instance, ...known } = members
      assert.deepEqual(body, known)
      assert.equal(statusLine.split(' ')[1], String(status))
      assert.equal(headers['content-type'], expected['content-type'])
      assert.equal(headers['retry-after'], expected['retry-after'])
    }
  })

  it('promises that nothing was stored only where no producer had the request', () => {
    const codes = Object.fromEntries(answers.map(({ seen, code }) => [seen, code]))
    assert.deepEqual(codes, {
      400: 'request-malformed',
      408: 'request-timeout',
      502: 'outcome-unknown',
      503: 'kafka-unavailable',
      504: 'outcome-unknown',
    })
  })
})

describe('the gateway', () => {
  it('gives a request to another producer only if the first one never had it', () => {
    assert.equal(settingOf('retry-on'), 'conn-failure')
  })

  it('lets a producer answer for itself however long a publish may wait', () => {
    assert.ok(msOf(settingOf('timeout server')) > defaults.TAILRACE_PUBLISH_DEADLINE_MS + 10_000)
  })

  it('passes on every header block that a producer takes', () => {
    assert.ok(Number(settingOf('tune.bufsize')) >= 2 * defaults.TAILRACE_LIMIT_HEADER_BYTES)
  })

  it('has ended its last request before it is killed', () => {
    const { gateway } = readComposeFile().services
    assert.ok(msOf(settingOf('hard-stop-after')) < msOf(gateway?.stop_grace_period))
  })

  it('asks for readiness where the producers answer it', () => {
    assert.match(settingOf('default-server') ?? '', new RegExp(`check port ${defaults.TAILRACE_ADMIN_PORT} `))
    assert.equal(settingOf('option httpchk'), 'GET /readyz')
  })
})
