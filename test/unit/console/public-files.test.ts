import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync, gzipSync } from 'node:zlib'
import { createHttpServer } from '#shared/http/server.ts'
import { defaultLimits } from '#shared/limits.ts'
import { createLogger } from '#shared/observability/log.ts'
import { mountPublicFiles } from '../../../services/console/routes/public-files.ts'
import { addSecurityHeaders } from '../../../services/console/security-headers.ts'

const script = `console.log("${'x'.repeat(2_000)}")`
const consoleUrl = 'http://127.0.0.1:8090'

function serverOf(t: TestContext, folder: string, url = consoleUrl) {
  const app = createHttpServer({
    ...{ log: createLogger('test', { level: 'silent', instance: 'test' }), limits: defaultLimits },
    ...{ bodies: 'json', bodyLimitBytes: 1_000, allows: () => true },
    authenticate: () => ({ keyId: 'k', name: 'k', scopes: [], rateLimit: null }),
  })
  addSecurityHeaders(app, url)
  mountPublicFiles(app, { openApi: { openapi: '3.1.0' }, consoleUrl: url, folder })
  t.after(() => app.close())
  return (path: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url: path, headers })
}

function built(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-web-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><div id="app"></div>')
  writeFileSync(join(folder, '.sources-sha256'), 'secret of the build')
  writeFileSync(join(folder, 'assets/main-Ab12.js'), script)
  writeFileSync(join(folder, 'assets/main-Ab12.js.br'), brotliCompressSync(script))
  writeFileSync(join(folder, 'assets/main-Ab12.js.gz'), gzipSync(script))
  return folder
}

test('each screen has the same page, which is asked for anew each time', async (t) => {
  const get = serverOf(t, built(t))
  for (const path of ['/', '/index.html', '/subscriptions', '/subscriptions/billing?tab=lag', '/events/a%2Fb']) {
    const page = await get(path)
    assert.deepEqual([page.statusCode, page.headers['cache-control']], [200, 'no-cache'], path)
    assert.match(page.body, /id="app"/)
  }
  const { etag } = (await get('/')).headers
  assert.equal((await get('/', { 'if-none-match': String(etag) })).statusCode, 304)
})

test('an asset is kept for a year and sent as small as the browser can take it', async (t) => {
  const get = serverOf(t, built(t))
  const path = '/assets/main-Ab12.js'
  const plain = await get(path)
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.deepEqual([plain.body, plain.headers['content-encoding']], [script, undefined])
  const br = await get(path, { 'accept-encoding': 'gzip, deflate, br' })
  assert.deepEqual([br.headers['content-encoding'], br.headers.vary], ['br', 'accept-encoding'])
  assert.equal(brotliDecompressSync(br.rawPayload).toString(), script)
  const encodings = {
    'gzip;q=0.5, br;q=0': 'gzip',
    '*': 'br',
    'identity, zstd': undefined,
    'br;q=0, gzip;q=0': undefined,
  }
  for (const [accepted, encoding] of Object.entries(encodings)) {
    assert.equal((await get(path, { 'accept-encoding': accepted })).headers['content-encoding'], encoding, accepted)
  }
})

test('no path leads out of what was built', async (t) => {
  const get = serverOf(t, built(t))
  const paths = [
    '/.sources-sha256',
    '/../package.json',
    '/assets/../../package.json',
    '/assets/%2e%2e/%2e%2e/etc/passwd',
  ]
  for (const path of [...paths, '/assets/..%2f..%2fpackage.json', '/assets/main-Ab12.js.br', '/assets/', '/nothing']) {
    const answer = await get(path)
    assert.equal(answer.statusCode, 404, path)
    assert.equal(answer.headers['content-type'], 'application/problem+json')
  }
})

test('every answer says that nothing inline, foreign or framed is allowed', async (t) => {
  const get = serverOf(t, built(t))
  for (const path of ['/', '/assets/main-Ab12.js', '/openapi.json', '/nothing']) {
    const { headers } = await get(path)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'/)
    assert.doesNotMatch(policy, /unsafe|data:|\*|http/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['strict-transport-security'], undefined)
  }
  assert.equal((await get('/nothing')).headers['cache-control'], 'no-store')
  const secure = serverOf(t, built(t), 'https://console.example')
  assert.match(String((await secure('/')).headers['strict-transport-security']), /max-age/)
})

test('where the web part was not built the page says how to build it', async (t) => {
  const get = serverOf(t, join(tmpdir(), 'tailrace-web-nowhere'), 'http://a.example/"<x>')
  const page = await get('/subscriptions')
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /was not built/)
  assert.match(page.body, /http:\/\/a\.example\/&quot;&lt;x>/)
})
