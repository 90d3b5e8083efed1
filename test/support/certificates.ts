import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** PEM texts. `good`, `otherName` and `expired` are signed by `ca`; all four leaf certificates belong to `key`. */
export type Certificates = {
  key: Buffer
  ca: Buffer
  good: Buffer
  otherName: Buffer
  expired: Buffer
  selfSigned: Buffer
}

const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** Makes an authority and leaf certificates with openssl, fresh for each run: no key is kept anywhere. */
export function makeCertificates(): Certificates {
  const dir = mkdtempSync(join(tmpdir(), 'tailrace-certificates-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
  const sign = (name: string, altNames: string, valid: readonly string[]) => {
    writeFileSync(join(dir, 'names'), `subjectAltName=${altNames}\n`)
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names']
    openssl('x509', '-req', '-in', 'leaf.csr', ...by, ...valid, '-out', `${name}.pem`)
  }
  try {
    openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test-authority')
    openssl('req', '-new', ...ec, '-keyout', 'key.pem', '-out', 'leaf.csr', '-subj', '/CN=receiver')
    sign('good', 'IP:127.0.0.1,DNS:localhost', ['-days', '2'])
    sign('otherName', 'DNS:other.example', ['-days', '2'])
    sign('expired', 'IP:127.0.0.1,DNS:localhost', ['-days', '-1'])
    openssl('req', '-x509', '-key', 'key.pem', '-out', 'selfSigned.pem', '-days', '2', '-subj', '/CN=localhost')
    const read = (name: string) => readFileSync(join(dir, `${name}.pem`))
    return {
      key: read('key'),
      ca: read('ca'),
      good: read('good'),
      otherName: read('otherName'),
      expired: read('expired'),
      selfSigned: read('selfSigned'),
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
}
