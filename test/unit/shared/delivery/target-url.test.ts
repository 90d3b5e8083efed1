import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEgressGuard } from '#shared/delivery/egress.ts'
import { checkTargetUrl } from '#shared/delivery/target-url.ts'

const strict = createEgressGuard('')
const local = createEgressGuard('127.0.0.0/8')
const ruleOf = (url: string, guard = strict) => checkTargetUrl(url, guard)?.rule ?? 'good'
const codeOf = (url: string) => checkTargetUrl(url, strict)?.code

test('public URLs are good', () => {
  for (const url of [
    'https://billing.example/hooks?a=b%20c',
    'http://8.8.8.8:8080',
    'https://[2606:4700::1111]/x',
    'HTTPS://EXAMPLE.com.:8443/',
    'https://müller.example/ü',
  ]) {
    assert.equal(ruleOf(url), 'good', url)
  }
})

test('what cannot be called is body-invalid and says how to mend it', () => {
  const rows: [string, string][] = [
    ['', 'not-a-url'],
    ['billing.example/hooks', 'not-a-url'],
    ['//billing.example', 'not-a-url'],
    ['https://', 'not-a-url'],
    ['https://exa<mple/', 'not-a-url'],
    ['ftp://x.example/', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['gopher://x.example/', 'scheme'],
    ['data:text/plain,x', 'scheme'],
    ['javascript:alert(1)', 'scheme'],
    ['unix:/var/run/docker.sock', 'scheme'],
    ['https://user:pass@x.example/', 'user-info'],
    ['https://user@x.example/', 'user-info'],
    ['https://:pass@x.example/', 'user-info'],
    ['https://x.example/#part', 'fragment'],
    ['https://x.example/#', 'fragment'],
    ['https://x.example/\tpath', 'control-character'],
    ['https://x.exam\nple/', 'control-character'],
    [' https://x.example/', 'control-character'],
    ['https://x.example/\u0000', 'control-character'],
    ['https://x.example/\u0085', 'control-character'],
    [`https://x.example/${'a'.repeat(2_048)}`, 'too-long'],
  ]
  for (const [url, rule] of rows) {
    assert.equal(ruleOf(url), rule, JSON.stringify(url))
    assert.equal(codeOf(url), 'body-invalid', JSON.stringify(url))
    assert.notEqual(checkTargetUrl(url, strict)?.fix, '')
  }
})

test('an address that may not be dialled is target-refused, however it is spelled', () => {
  const spellings = [
    ...['http://127.0.0.1/', 'http://127.1/', 'http://2130706433/', 'http://0x7f000001/', 'http://0177.0.0.1/'],
    ...[
      'http://0x7f.0.0.1/',
      'http://127.0.0.1./',
      'http://①②⑦.0.0.1/',
      'http://127。0。0。1/',
      'http://%31%32%37.0.0.1/',
    ],
    ...[
      'http://[::1]/',
      'http://[::]/',
      'http://[0:0:0:0:0:0:0:1]/',
      'http://[::ffff:127.0.0.1]/',
      'http://[::ffff:7f00:1]/',
    ],
    ...['http://localhost/', 'http://LOCALHOST./', 'http://a.localhost/', 'http://0/', 'http://10.0.0.1/'],
    ...['http://169.254.169.254/latest/meta-data', 'http://[fd00:ec2::254]/', 'http://[64:ff9b::7f00:1]/'],
  ]
  for (const url of spellings) assert.deepEqual([ruleOf(url), codeOf(url)], ['address', 'target-refused'], url)
})

test('a zone or another unreadable address is no URL', () => {
  assert.equal(ruleOf('http://[fe80::1%25eth0]/'), 'not-a-url')
  assert.equal(ruleOf('http://1.2.3.256/'), 'not-a-url')
})

test('ports of other protocols are refused, also where the address is allowed', () => {
  for (const port of [0, 22, 25, 6379, 9092, 5432, 2375, 11211]) {
    assert.deepEqual(
      [ruleOf(`http://x.example:${port}/`), codeOf(`http://x.example:${port}/`)],
      ['port', 'target-refused'],
    )
    assert.equal(ruleOf(`http://127.0.0.1:${port}/`, local), 'port')
  }
  for (const port of [80, 443, 3000, 8070, 8080, 8443]) assert.equal(ruleOf(`http://x.example:${port}/`), 'good')
})

test('what the operator allows passes, metadata services never', () => {
  assert.equal(ruleOf('http://127.0.0.1:8070/hooks', local), 'good')
  assert.equal(ruleOf('http://localhost:8070/hooks', local), 'good')
  const all = createEgressGuard('0.0.0.0/0,metadata.example')
  assert.equal(ruleOf('http://169.254.169.254/', all), 'address')
  assert.equal(ruleOf('http://[::ffff:a9fe:a9fe]/', all), 'address')
})
