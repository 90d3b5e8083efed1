import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { withTables } from '../../services/cli/docs.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** The code block that follows `<!-- verify:NAME -->`. */
const block = (name: string): string => {
  const code = readme.split(`<!-- verify:${name} -->`)[1]?.match(/```\w+\n([\s\S]*?)```/)?.[1]
  assert.ok(code !== undefined, `the README has no block ${name}`)
  return code
}

const secret = `whsec_${Buffer.from('a secret of twenty-four+ bytes').toString('base64')}`
const body = '{"total":12,"name":"Zoë"}'
const id = 'evt_Zk3xq0T7mB2cP9sLw4yVuA'
const now = new Date()
const timestamp = String(Math.floor(now.getTime() / 1000))
const signature = new Webhook(secret).sign(id, now, body)
const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,AAAA ${signature}` }

test('the Node lines of the README accept a genuine delivery and refuse an altered one', async () => {
  const url = `data:text/javascript,${encodeURIComponent(block('node'))}`
  const { isGenuine } = await import(url)
  assert.equal(isGenuine(headers, Buffer.from(body), secret), true)
  assert.equal(isGenuine(headers, Buffer.from(`${body} `), secret), false)
  assert.equal(isGenuine({ ...headers, 'webhook-timestamp': '1600000000' }, Buffer.from(body), secret), false)
})

test('the Node lines for v1a do the same with a public key', async () => {
  const { isGenuine } = await import(`data:text/javascript,${encodeURIComponent(block('node-v1a'))}`)
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const shown = `whpk_${Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64')}`
  const made = sign(null, Buffer.from(`${id}.${timestamp}.${body}`), privateKey).toString('base64')
  const sent = { ...headers, 'webhook-signature': `${signature} v1a,AAAA v1a,${made}` }
  assert.equal(isGenuine(sent, Buffer.from(body), shown), true)
  assert.equal(isGenuine(sent, Buffer.from(`${body} `), shown), false)
  assert.equal(isGenuine(headers, Buffer.from(body), shown), false)
  assert.equal(isGenuine({ ...sent, 'webhook-timestamp': '1600000000' }, Buffer.from(body), shown), false)
})

const runs = (command: string) => {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('the Python lines of the README do the same', { skip: !runs('python3') && 'there is no python3' }, () => {
  const verdict = (sent: string) =>
    execFileSync(
      'python3',
      [
        '-c',
        `${block('python')}\nimport json, sys\nh, b, s = json.load(sys.stdin)\nprint(is_genuine(h, b.encode(), s))`,
      ],
      {
        input: JSON.stringify([headers, sent, secret]),
        encoding: 'utf8',
      },
    ).trim()
  assert.equal(verdict(body), 'True')
  assert.equal(verdict(`${body} `), 'False')
})

test('the shell lines of the README print the same signature', { skip: !runs('bash') && 'there is no bash' }, () => {
  const env = { ...process.env, SECRET: secret, WEBHOOK_ID: id, WEBHOOK_TIMESTAMP: timestamp, BODY: body }
  const printed = execFileSync('bash', ['-c', block('shell')], { env, encoding: 'utf8' }).trim()
  assert.equal(`v1,${printed}`, signature)
})

test('the tables of settings and of error codes are those of the services', () => {
  assert.equal(readme, withTables(readme), 'run: npx tailrace docs')
})

test('every file and folder that the README names exists', () => {
  const named = [...readme.matchAll(/`((?:services|shared|test|docker)\/[\w./-]+)`/g)].map(([, path]) => path ?? '')
  assert.ok(named.length > 10)
  const missing = named.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))
  assert.deepEqual(missing, [])
})
